import { Agent } from 'node:https';
import type { Readable } from 'node:stream';
import axios, { isAxiosError } from 'axios';
import type { ChooseProxy } from '../domain/read-proxies.ts';
import { createWireWatch, type Wire } from './create-wire-watch.ts';
import type { Exchange, ExchangeAnswer, ExchangeOptions, ExchangeRequest } from './exchange.ts';
import { readBody } from './read-body.ts';
import { isTlsFailure } from './tls-failure.ts';
import { TransportError } from './wire-failure.ts';

/**
 * Opens the way to one door over axios, since the global `fetch` knows no client certificate per client. Through a proxy
 * it is a tunnel: the proxy sees the name of the server and nothing else, and not our certificate.
 */
export function openMtlsExchange(options: ExchangeOptions, chooseProxy: ChooseProxy = () => undefined): Exchange {
  const agents = new Map<string | undefined, Agent>();
  let running = 0;
  let closed = false;
  const openAgent = (proxyUrl: string | undefined): Agent => {
    const agent =
      agents.get(proxyUrl) ??
      new Agent({
        keepAlive: options.keepAlive,
        maxSockets: 4,
        rejectUnauthorized: !options.skipTlsVerify,
        minVersion: 'TLSv1.2',
        ...(options.credential && {
          cert: options.credential.chainPem || options.credential.certificatePem,
          key: options.credential.privateKeyPem,
        }),
        // Which proxy is decided already; Node's agent goes through the one that it is given.
        ...(proxyUrl !== undefined && { proxyEnv: { HTTPS_PROXY: proxyUrl }, timeout: options.requestTimeoutMs }),
      });
    agents.set(proxyUrl, agent);
    return agent;
  };
  const watchWire = createWireWatch(options.time);
  const closeAll = () => {
    for (const agent of agents.values()) agent.destroy();
  };

  return {
    async send(request) {
      running += 1;
      try {
        const url = URL.parse(request.url);
        const proxy = url === null ? undefined : chooseProxy(url);
        const agent = openAgent(proxy?.url);
        if (request.isFresh === true) dropIdle(agent);
        return await exchange({ agent, ...watchWire(), proxy: proxy?.address }, options, request);
      } finally {
        running -= 1;
        if (closed && running === 0) closeAll();
      }
    },
    close() {
      closed = true;
      if (running === 0) closeAll();
    },
  };
}

function dropIdle(agent: Agent): void {
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
}

interface Way {
  readonly agent: Agent;
  readonly transport: object;
  readonly wire: Readonly<Wire>;
  readonly proxy: string | undefined;
}

async function exchange(
  { agent, transport, wire, proxy }: Way,
  options: ExchangeOptions,
  request: ExchangeRequest,
): Promise<ExchangeAnswer> {
  // axios's own timeout counts idle time only: a server that drips would hold the request for ever.
  const timeout = AbortSignal.timeout(options.requestTimeoutMs);
  const signal = request.signal ? AbortSignal.any([request.signal, timeout]) : timeout;
  try {
    const answer = await axios.request<Readable>({
      url: request.url,
      method: 'POST',
      headers: { ...request.headers },
      data: request.body,
      adapter: 'http',
      httpsAgent: agent,
      transport,
      // axios would take the proxy's settings off the agent, or look for some of its own where it has none.
      ...(proxy === undefined && { proxy: false }),
      maxRedirects: 0,
      // Read whole, it would stand in memory in pieces and in one.
      responseType: 'stream',
      transformRequest: [(body: unknown) => body],
      transformResponse: [(body: unknown) => body],
      validateStatus: () => true,
      signal,
    });
    const body = await readBody(answer.data, options.maxResponseBytes);
    return { status: answer.status, headers: pickHeaders(answer.headers), body };
  } catch (error: unknown) {
    throw toTransportError(error, { wire, proxy }, request.signal?.aborted === true, timeout.aborted);
  }
}

function pickHeaders(headers: object): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of ['content-type', 'retry-after']) {
    const value: unknown = Reflect.get(headers, name);
    if (typeof value === 'string') kept[name] = value;
  }
  return kept;
}

// The codes of failures that come before the request is written, or instead of reading it.
const UNSENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'ERR_PROXY_TUNNEL',
]);

function toTransportError(
  error: unknown,
  { wire, proxy }: Pick<Way, 'wire' | 'proxy'>,
  aborted: boolean,
  timedOut: boolean,
): TransportError {
  const errno = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  if (aborted) return new TransportError({ kind: 'transport', cause: 'aborted', errno: undefined, sent: true });
  const through = proxy === undefined ? {} : { proxy };
  if (timedOut) {
    const failure = { kind: 'transport', errno: undefined, sent: true, ...through } as const;
    if (wire.hasAnswerBegun) return new TransportError({ ...failure, cause: 'stalled' });
    return new TransportError({ ...failure, cause: 'timeout' }, wire.wasIdle);
  }
  if (error instanceof TransportError) return error;
  if (wire.hasAnswerBegun)
    return new TransportError({ kind: 'transport', cause: 'truncated', errno: undefined, sent: true });
  const connecting = isAxiosError(error) && syscallOf(error) === 'connect';
  const sent = !(connecting || (errno !== undefined && (UNSENT.has(errno) || isTlsFailure(errno))));
  const stale = errno === 'ECONNRESET' && isAxiosError(error) && wire.isKept;
  return new TransportError({ kind: 'transport', cause: 'network', errno, sent, ...through }, stale);
}

function syscallOf(error: Error): string | undefined {
  const inner = error.cause ?? error;
  return inner instanceof Error && 'syscall' in inner && typeof inner.syscall === 'string' ? inner.syscall : undefined;
}
