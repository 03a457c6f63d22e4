import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { unauthorized } from './status-error.ts';

export const ANONYMOUS = 'system:anonymous';

/**
 * The user behind a request: the CN of its client certificate, or the owner of its bearer token. Throws 401 where a
 * credential is presented that means nothing here; without any, the user is `system:anonymous`.
 */
export function authenticate(request: IncomingMessage, userOfToken: ReadonlyMap<string, string>): string {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const user = userOfToken.get(authorization.replace(/^Bearer /i, ''));
    if (user === undefined) throw unauthorized();
    return user;
  }
  if (!(request.socket instanceof TLSSocket)) return ANONYMOUS;
  const user = userOfSocket.get(request.socket) ?? readCertificate(request.socket);
  userOfSocket.set(request.socket, user);
  return user;
}

// Decoding a certificate costs more than most requests, and a connection keeps the one it came with.
const userOfSocket = new WeakMap<TLSSocket, string>();

function readCertificate(socket: TLSSocket): string {
  const { subject } = socket.getPeerCertificate();
  if (subject === undefined) return ANONYMOUS;
  const name = Array.isArray(subject.CN) ? subject.CN[0] : subject.CN;
  if (!socket.authorized || name === undefined) throw unauthorized();
  return name;
}
