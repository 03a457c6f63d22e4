import { type IncomingMessage, Agent as PlainAgent, request as plainRequest } from 'node:http';
import { type RequestOptions, Agent as TlsAgent, request as tlsRequest } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import type { Instant, Time } from '../../time/time.ts';

export interface TransportRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path and query. */
  readonly path: string;
  readonly body?: string;
  /** For the whole answer, or for the head of a stream. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface TransportAnswer {
  readonly status: number;
  readonly text: string;
  readonly retryAfterMs: number | undefined;
}

/** HTTP to the API server. Network failures throw plain system errors, an abort throws the signal's reason. */
export interface KubeTransport {
  /** Address of the API server. */
  readonly server: string;
  request(request: TransportRequest): Promise<TransportAnswer>;
  /** Resolves with the head of the answer; the caller reads the body, and destroys it when it has seen enough. */
  open(request: TransportRequest): Promise<IncomingMessage>;
  /** Gives up the connections that are kept for the next request. */
  closeIdle(): void;
  close(): void;
}

interface Session {
  readonly headers: Record<string, string>;
  readonly agent: PlainAgent;
  /** Streams end their connection with them, so that a silent one is never used again. */
  readonly streamAgent: PlainAgent;
  /** Identifies the TLS material: a rotated client certificate needs new connections. */
  readonly key: string;
  readonly expiresAt: Instant;
}

/** How long headers and TLS material are used before they are asked for again; client-node re-reads tokens each minute. */
const sessionMs = 10_000;
const keepAliveProbeMs = 30_000;

/**
 * Talks to the API server that `load` finds, with its credentials. They are asked for again from time to time, and
 * loaded afresh after a 401: service account tokens and client certificates rotate while the agent runs.
 */
export function createKubeTransport(load: () => KubeConfig, time: Time): KubeTransport {
  let kubeConfig = load();
  let session: Session | undefined;
  const server = readServer(kubeConfig);

  const currentSession = async (): Promise<Session> => {
    if (session !== undefined && time.instant() < session.expiresAt) return session;
    session = await makeSession(kubeConfig, server, session, time.instant() + sessionMs);
    return session;
  };

  const send = async (request: TransportRequest, stream: boolean): Promise<IncomingMessage> => {
    const answer = await exchange(server, await currentSession(), request, stream);
    if (answer.statusCode !== 401) return answer;
    answer.destroy();
    kubeConfig = load();
    session = undefined;
    return exchange(server, await currentSession(), request, stream);
  };

  return {
    server: server.origin,
    async request(request) {
      const deadline = startDeadline(request);
      try {
        const answer = await send({ ...request, signal: deadline.signal }, false);
        const text = await readText(answer, deadline.signal);
        return { status: answer.statusCode ?? 0, text, retryAfterMs: readRetryAfterMs(answer) };
      } finally {
        deadline.clear();
      }
    },
    async open(request) {
      const deadline = startDeadline(request);
      try {
        return await send({ ...request, signal: deadline.signal }, true);
      } finally {
        deadline.clear();
      }
    },
    closeIdle() {
      if (session !== undefined) closeIdle(session.agent);
    },
    close() {
      session?.agent.destroy();
      session?.streamAgent.destroy();
    },
  };
}

function readServer(kubeConfig: KubeConfig): URL {
  const server = kubeConfig.getCurrentCluster()?.server ?? '';
  return new URL(server);
}

async function makeSession(
  kubeConfig: KubeConfig,
  server: URL,
  previous: Session | undefined,
  expiresAt: Instant,
): Promise<Session> {
  const options: RequestOptions = {};
  await kubeConfig.applyToHTTPSOptions(options);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    if (typeof value === 'string') headers[name] = value;
  }
  if (typeof options.auth === 'string') {
    headers.Authorization = `Basic ${Buffer.from(options.auth).toString('base64')}`;
  }
  const { ca, cert, key, passphrase, pfx, rejectUnauthorized, servername } = options;
  const material = { ca, cert, key, passphrase, pfx, rejectUnauthorized, servername };
  const identity = JSON.stringify(material, (_, value: unknown) =>
    value instanceof Buffer ? value.toString() : value,
  );
  if (previous?.key === identity) return { ...previous, headers, expiresAt };
  if (previous !== undefined) closeIdle(previous.agent);

  const defined = Object.fromEntries(Object.entries(material).filter(([, value]) => value !== undefined));
  if (kubeConfig.getCurrentCluster()?.proxyUrl !== undefined && options.agent instanceof PlainAgent) {
    return { headers, agent: options.agent, streamAgent: options.agent, key: identity, expiresAt };
  }
  const make = (keepAlive: boolean) =>
    server.protocol === 'http:' ? new PlainAgent({ keepAlive }) : new TlsAgent({ ...defined, keepAlive });
  return { headers, agent: make(true), streamAgent: make(false), key: identity, expiresAt };
}

function closeIdle(agent: PlainAgent): void {
  for (const sockets of Object.values(agent.freeSockets)) {
    for (const socket of sockets ?? []) socket.destroy();
  }
}

async function exchange(
  server: URL,
  session: Session,
  request: TransportRequest,
  stream: boolean,
): Promise<IncomingMessage> {
  try {
    return await exchangeOnce(server, session, request, stream);
  } catch (error: unknown) {
    // The API server closed an idle connection in the moment in which it was used again. Should it have read the request
    // all the same, a creation ends as AlreadyExists, and the next plan finds what it made.
    if (error instanceof StaleConnectionError) return exchangeOnce(server, session, request, stream);
    throw error;
  }
}

class StaleConnectionError extends Error {
  readonly code = 'ECONNRESET';
}

function exchangeOnce(
  server: URL,
  session: Session,
  { method, path, body, signal }: TransportRequest,
  stream: boolean,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  if (signal.aborted) {
    reject(signal.reason);
    return promise;
  }
  const secure = server.protocol === 'https:';
  const outgoing = (secure ? tlsRequest : plainRequest)({
    protocol: server.protocol,
    hostname: server.hostname.replace(/^\[|\]$/g, ''),
    port: server.port === '' ? (secure ? 443 : 80) : server.port,
    path: server.pathname.replace(/\/$/, '') + path,
    method,
    agent: stream ? session.streamAgent : session.agent,
    headers: {
      Accept: 'application/json',
      'User-Agent': 'ucl-agent',
      ...session.headers,
      ...(body === undefined
        ? {}
        : { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(body)) }),
    },
  });
  const abort = () => outgoing.destroy();
  signal.addEventListener('abort', abort, { once: true });
  outgoing.on('close', () => signal.removeEventListener('abort', abort));
  outgoing.on('socket', (socket) => socket.setKeepAlive(true, keepAliveProbeMs));
  outgoing.on('response', resolve);
  outgoing.on('error', (error) => {
    if (signal.aborted) reject(signal.reason);
    else if (outgoing.reusedSocket && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE')) {
      reject(new StaleConnectionError(error.message));
    } else reject(error);
  });
  outgoing.end(body);
  return promise;
}

/** A signal that fires with the caller's, or with a TimeoutError when the time is over. */
function startDeadline(request: TransportRequest): { signal: AbortSignal; clear: () => void } {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new TimeoutError()), request.timeoutMs);
  const abort = () => controller.abort(request.signal.reason);
  if (request.signal.aborted) abort();
  request.signal.addEventListener('abort', abort, { once: true });
  return {
    signal: controller.signal,
    clear: () => {
      clearTimeout(timer);
      request.signal.removeEventListener('abort', abort);
    },
  };
}

class TimeoutError extends Error {
  readonly code = 'ETIMEDOUT';
}

async function readText(answer: IncomingMessage, signal: AbortSignal): Promise<string> {
  try {
    answer.setEncoding('utf8');
    let text = '';
    for await (const chunk of answer) text += String(chunk);
    return text;
  } catch (error: unknown) {
    throw signal.aborted ? signal.reason : error;
  }
}

/** How long the server asks to be left alone, in milliseconds. */
export function readRetryAfterMs(answer: IncomingMessage): number | undefined {
  const seconds = Number(answer.headers['retry-after'] ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}
