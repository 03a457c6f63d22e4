import { ClientRequest } from 'node:http';
import { Agent } from 'node:https';
import axios, { isAxiosError } from 'axios';
import type { ClientCredential } from '../connection/ucl-access.ts';
import { TransportError } from './wire-failure.ts';

export interface MtlsFetchOptions {
  /** undefined: server TLS only, as with a one-time token. */
  credential: ClientCredential | undefined;
  /** Keeps connections between requests. Off for a one-time token: a stale connection could cost it. */
  keepAlive: boolean;
  skipTlsVerify: boolean;
  /** For the whole exchange, connecting included. */
  requestTimeoutMs: number;
  maxResponseBytes: number;
}

/** A `fetch` for graphql-request over axios, since the global one knows no client certificate per client. */
export interface MtlsFetch {
  fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
  /** Lets running requests end, then closes the connections. */
  close(): void;
}

/** Makes the transport of one client. Its `fetch` throws nothing but {@link TransportError}. */
export function createMtlsFetch(options: MtlsFetchOptions): MtlsFetch {
  const agent = new Agent({
    keepAlive: options.keepAlive,
    maxSockets: 4,
    rejectUnauthorized: !options.skipTlsVerify,
    minVersion: 'TLSv1.2',
    ...(options.credential && {
      cert: options.credential.chainPem || options.credential.certificatePem,
      key: options.credential.privateKeyPem,
    }),
  });
  let running = 0;
  let closed = false;

  async function fetch(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
    const url = typeof input === 'object' && 'url' in input ? input.url : String(input);
    running += 1;
    try {
      return await exchange(agent, options, url, init).catch((error: unknown) => {
        // The server closed a kept connection just as the request went out on it (nodejs.org, http, reusedSocket).
        const stale = error instanceof TransportError && error.onKeptConnection;
        if (stale) return exchange(agent, options, url, init);
        throw error;
      });
    } finally {
      running -= 1;
      if (closed && running === 0) agent.destroy();
    }
  }

  function close(): void {
    closed = true;
    if (running === 0) agent.destroy();
  }

  return { fetch, close };
}

async function exchange(agent: Agent, options: MtlsFetchOptions, url: string, init: RequestInit): Promise<Response> {
  // axios's own timeout counts idle time only: a server that drips would hold the request for ever.
  const timeout = AbortSignal.timeout(options.requestTimeoutMs);
  const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
  try {
    const answer = await axios.request<Buffer<ArrayBuffer>>({
      url,
      method: 'POST',
      headers: Object.fromEntries(new Headers(init.headers)),
      data: init.body,
      adapter: 'http',
      httpsAgent: agent,
      proxy: false,
      maxRedirects: 0,
      maxContentLength: options.maxResponseBytes,
      // Text would be encoded again for the Response and decoded anew by its reader.
      responseType: 'arraybuffer',
      transformRequest: [(body: unknown) => body],
      transformResponse: [(body: unknown) => body],
      validateStatus: () => true,
      signal,
    });
    return toResponse(answer.status, answer.headers, answer.data);
  } catch (error: unknown) {
    throw toTransportError(error, init.signal?.aborted === true, timeout.aborted);
  }
}

function toResponse(status: number, headers: object, body: Buffer<ArrayBuffer>): Response {
  const kept = new Headers();
  for (const name of ['content-type', 'retry-after']) {
    const value: unknown = Reflect.get(headers, name);
    if (typeof value === 'string') kept.set(name, value);
  }
  const bodiless = status === 204 || status === 205 || status === 304;
  return new Response(bodiless ? null : body, { status, headers: kept });
}

// The codes of failures that come before the request is written, or instead of reading it.
const UNSENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL']);

function toTransportError(error: unknown, aborted: boolean, timedOut: boolean): TransportError {
  const errno = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  if (aborted) return new TransportError({ kind: 'transport', cause: 'aborted', errno: undefined, sent: true });
  if (timedOut) return new TransportError({ kind: 'transport', cause: 'timeout', errno: undefined, sent: true });
  if (isAxiosError(error) && errno === 'ERR_BAD_RESPONSE') {
    // axios gives both cases the same code; only the cut body comes with the response it belongs to.
    const cause = error.response === undefined ? 'too-large' : 'truncated';
    return new TransportError({ kind: 'transport', cause, errno: undefined, sent: true });
  }
  const connecting = isAxiosError(error) && syscallOf(error) === 'connect';
  const sent = !(connecting || (errno !== undefined && (UNSENT.has(errno) || isTlsFailure(errno))));
  const stale = errno === 'ECONNRESET' && isAxiosError(error) && wasKept(error.request);
  return new TransportError({ kind: 'transport', cause: 'network', errno, sent }, stale);
}

function wasKept(request: unknown): boolean {
  return request instanceof ClientRequest && request.reusedSocket;
}

function syscallOf(error: Error): string | undefined {
  const inner = error.cause ?? error;
  return inner instanceof Error && 'syscall' in inner && typeof inner.syscall === 'string' ? inner.syscall : undefined;
}

/** Whether the code names a failed TLS handshake: no request was read by anybody. */
export function isTlsFailure(errno: string): boolean {
  return (
    errno === 'EPROTO' || errno.startsWith('ERR_SSL_') || errno.startsWith('ERR_OSSL_') || isUntrustedServer(errno)
  );
}

/** Whether the code says that we do not trust the server's certificate. */
export function isUntrustedServer(errno: string): boolean {
  return (
    errno.startsWith('ERR_TLS_CERT') ||
    errno.startsWith('CERT_') ||
    errno.startsWith('UNABLE_TO_') ||
    errno === 'DEPTH_ZERO_SELF_SIGNED_CERT' ||
    errno === 'SELF_SIGNED_CERT_IN_CHAIN' ||
    errno === 'HOSTNAME_MISMATCH' ||
    errno === 'INVALID_CA'
  );
}
