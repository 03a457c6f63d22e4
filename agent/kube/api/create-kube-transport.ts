import { type IncomingMessage, request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { ownFieldManager } from '../../domain/find-manager.ts';
import type { Time } from '../../time/time.ts';
import { ClusterSessions, type Session } from './cluster-sessions.ts';
import type { Exchange, ExchangeAnswer, ExchangeRequest } from './exchange.ts';
import { KubeError } from './kube-error.ts';
import { GivenUpError } from './supervise-exchange.ts';
import type { ClusterAccess } from './take-access.ts';

const keepAliveProbeMs = 30_000;

export interface KubeTransport extends Exchange {
  /** Whether requests are made as the service account of this Pod, and not as the user of a kubeconfig. */
  readonly isServiceAccount: boolean;
  /** The way for what is no such exchange: a socket. Throws KubeError `no-credentials`, and the reason of an abort. */
  access(signal: AbortSignal): Promise<ClusterAccess>;
}

/**
 * Talks to the API server of the kubeconfig, with its credentials; without a file, as `loadKubeConfig` finds it. Server,
 * trust and credentials are read again from time to time, after a 401 and after a connection that failed, and always
 * together. Throws AgentError `ConfigurationInvalid` when no API server is named, or no such `context`.
 */
export function createKubeTransport(kubeconfigFile: string | undefined, time: Time, context?: string): KubeTransport {
  const sessions = new ClusterSessions(kubeconfigFile, time, context);

  return {
    isServiceAccount: sessions.isServiceAccount,
    access: async (signal) => (await untilAborted(sessions.current(), signal).catch(toLateCredentials)).access,
    get server() {
      return sessions.server;
    },
    get proxy() {
      return sessions.proxy;
    },
    async send(request) {
      const { signal } = request;
      const session = sessions.fresh() ?? (await untilAborted(sessions.current(), signal).catch(toLateCredentials));
      try {
        const answer = await exchange(session, request);
        if (answer.statusCode !== 401) return toExchangeAnswer(answer, request);
        const other = await untilAborted(sessions.afterRefusal(session), signal);
        if (other === undefined) return toExchangeAnswer(answer, request);
        answer.destroy();
        return toExchangeAnswer(await exchange(other, request), request);
      } catch (error: unknown) {
        if (!signal.aborted) sessions.doubt();
        throw error;
      }
    },
    closeIdle: () => sessions.closeIdle(),
    close: () => sessions.close(),
  };
}

function toLateCredentials(error: unknown): never {
  if (!(error instanceof GivenUpError)) throw error;
  throw new KubeError({ kind: 'no-credentials', problem: 'The exec plugin of the kubeconfig does not end' });
}

/** A plugin that never ends must not hold a request for ever. */
async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function toExchangeAnswer(incoming: IncomingMessage, { answer, signal }: ExchangeRequest): ExchangeAnswer {
  const body = answer === 'stream' ? readChunks(incoming, signal) : readWhole(incoming, signal);
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, body };
}

async function* readChunks(answer: IncomingMessage, signal: AbortSignal): AsyncGenerator<string, void> {
  try {
    for await (const chunk of answer.setEncoding('utf8')) yield String(chunk);
  } catch (error: unknown) {
    throw signal.aborted ? signal.reason : error;
  }
}

/** As one chunk: an iterator over a stream of Node costs more than all the rest of a request. */
async function* readWhole(answer: IncomingMessage, signal: AbortSignal): AsyncGenerator<string, void> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const fail = (error?: unknown) => reject(signal.aborted ? signal.reason : error);
  let text = '';
  answer
    .setEncoding('utf8')
    .on('data', (chunk: string) => {
      text += chunk;
    })
    .once('end', () => resolve(text))
    .once('error', fail)
    .once('close', () => fail());
  if (answer.destroyed) fail(answer.errored);
  yield await promise;
}

async function exchange(session: Session, request: ExchangeRequest): Promise<IncomingMessage> {
  try {
    return await exchangeOnce(session, request);
  } catch (error: unknown) {
    // The API server closed an idle connection in the moment in which it was used again. Should it have read the request
    // all the same, a creation ends as AlreadyExists, and the next plan finds what it made.
    if (error instanceof StaleConnectionError) return exchangeOnce(session, request);
    throw error;
  }
}

class StaleConnectionError extends Error {
  readonly code = 'ECONNRESET';
}

function exchangeOnce(
  { access, agent, streamAgent }: Session,
  { method, path, body, answer, signal }: ExchangeRequest,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  if (signal.aborted) {
    reject(signal.reason);
    return promise;
  }
  const { server, headers } = access;
  const secure = server.protocol === 'https:';
  const outgoing = (secure ? tlsRequest : plainRequest)({
    protocol: server.protocol,
    hostname: server.hostname.replace(/^\[|\]$/g, ''),
    port: server.port === '' ? (secure ? 443 : 80) : server.port,
    path: server.pathname.replace(/\/$/, '') + path,
    method,
    agent: answer === 'stream' ? streamAgent : agent,
    headers: {
      Accept: 'application/json',
      'User-Agent': ownFieldManager,
      ...headers,
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
