import { lookup } from 'node:dns/promises';
import { connect } from 'node:tls';

export type Probe =
  | { readonly kind: 'ok' }
  /** `code` is that of a system error. */
  | { readonly kind: 'no name' | 'no connection'; readonly code: string }
  | { readonly kind: 'not trusted'; readonly code: string };

const timeoutMs = 5_000;

/** Whether the host of an https URL has an address and speaks TLS. Sends no certificate and no request. */
export async function probeAddress(url: URL): Promise<Probe> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  try {
    await lookup(host);
  } catch (error: unknown) {
    return { kind: 'no name', code: toCode(error) };
  }
  const { promise, resolve } = Promise.withResolvers<Probe>();
  const port = url.port === '' ? 443 : Number(url.port);
  const socket = connect({ host, port, servername: host, rejectUnauthorized: false, timeout: timeoutMs }, () => {
    const { authorizationError } = socket;
    resolve(socket.authorized ? { kind: 'ok' } : { kind: 'not trusted', code: String(authorizationError) });
    socket.destroy();
  });
  socket.on('timeout', () => {
    resolve({ kind: 'no connection', code: 'ETIMEDOUT' });
    socket.destroy();
  });
  socket.on('error', (error: unknown) => {
    const code = toCode(error);
    // A server that wants a client's certificate before it goes on speaks TLS all the same.
    resolve(/CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE/.test(code) ? { kind: 'ok' } : { kind: 'no connection', code });
  });
  return promise;
}

function toCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'no answer';
}
