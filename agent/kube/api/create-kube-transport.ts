import { type IncomingMessage, Agent as PlainAgent, request as plainRequest } from 'node:http';
import { type RequestOptions, Agent as TlsAgent, request as tlsRequest } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { ownFieldManager } from '../../domain/find-manager.ts';
import type { Instant, Time } from '../../time/time.ts';
import type { Exchange, ExchangeAnswer, ExchangeRequest } from './exchange.ts';
import { loadKubeConfig } from './load-kube-config.ts';

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
 * Talks to the API server of the kubeconfig, with its credentials; without a file, as {@link loadKubeConfig} finds it.
 * They are asked for again from time to time, and loaded afresh after a 401: service account tokens and client
 * certificates rotate while the agent runs. Throws AgentError `ConfigurationInvalid` when no API server is named.
 */
export function createKubeTransport(kubeconfigFile: string | undefined, time: Time): Exchange {
  let kubeConfig = loadKubeConfig(kubeconfigFile);
  let session: Session | undefined;
  const server = readServer(kubeConfig);

  const currentSession = async (): Promise<Session> => {
    if (session !== undefined && time.instant() < session.expiresAt) return session;
    session = await makeSession(kubeConfig, server, session, time.instant() + sessionMs);
    return session;
  };

  return {
    server: server.origin,
    async send(request) {
      const answer = await exchange(server, await currentSession(), request);
      if (answer.statusCode !== 401) return toExchangeAnswer(answer, request.signal);
      answer.destroy();
      kubeConfig = loadKubeConfig(kubeconfigFile);
      session = undefined;
      return toExchangeAnswer(await exchange(server, await currentSession(), request), request.signal);
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

function toExchangeAnswer(answer: IncomingMessage, signal: AbortSignal): ExchangeAnswer {
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: readChunks(answer, signal) };
}

async function* readChunks(answer: IncomingMessage, signal: AbortSignal): AsyncGenerator<string, void> {
  try {
    for await (const chunk of answer.setEncoding('utf8')) yield String(chunk);
  } catch (error: unknown) {
    throw signal.aborted ? signal.reason : error;
  }
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

async function exchange(server: URL, session: Session, request: ExchangeRequest): Promise<IncomingMessage> {
  try {
    return await exchangeOnce(server, session, request);
  } catch (error: unknown) {
    // The API server closed an idle connection in the moment in which it was used again. Should it have read the request
    // all the same, a creation ends as AlreadyExists, and the next plan finds what it made.
    if (error instanceof StaleConnectionError) return exchangeOnce(server, session, request);
    throw error;
  }
}

class StaleConnectionError extends Error {
  readonly code = 'ECONNRESET';
}

function exchangeOnce(
  server: URL,
  session: Session,
  { method, path, body, answer, signal }: ExchangeRequest,
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
    agent: answer === 'stream' ? session.streamAgent : session.agent,
    headers: {
      Accept: 'application/json',
      'User-Agent': ownFieldManager,
      ...session.headers,
      ...(body === undefined
        ? {}
        : { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(body)) }),
    },
  });
  let incoming: IncomingMessage | undefined;
  const abort = () => (incoming ?? outgoing).destroy();
  const release = () => signal.removeEventListener('abort', abort);
  signal.addEventListener('abort', abort, { once: true });
  outgoing.on('close', release);
  outgoing.on('socket', (socket) => socket.setKeepAlive(true, keepAliveProbeMs));
  outgoing.on('response', (response) => {
    incoming = response;
    // The connection is kept for the next request, which the end of this one must not break.
    response.on('end', release);
    resolve(response);
  });
  outgoing.on('error', (error) => {
    if (signal.aborted) reject(signal.reason);
    else if (outgoing.reusedSocket && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE')) {
      reject(new StaleConnectionError(error.message));
    } else reject(error);
  });
  outgoing.end(body);
  return promise;
}
