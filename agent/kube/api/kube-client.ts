import type { IncomingMessage } from 'node:http';
import type { ObjectMeta } from '../../domain/resources.ts';
import { AgentError, isAgentError } from '../../errors/agent-error.ts';
import type { Time } from '../../time/time.ts';
import { type KubeTransport, readRetryAfterMs, type TransportAnswer, type TransportRequest } from './kube-transport.ts';
import { type ResourceType, toGroupPath, toResourcePath } from './resource-type.ts';
import { type Attempt, translateAnswer, translateNetworkError, translateStatusObject } from './translate-status.ts';

/** Which objects a list or watch covers. */
export interface Selection {
  readonly type: ResourceType;
  readonly namespace?: string;
  readonly labelSelector?: string;
  /** Only the object of this name. */
  readonly name?: string;
}

/** One object. */
export interface Target {
  readonly type: ResourceType;
  readonly namespace?: string | undefined;
  readonly name: string;
}

export interface WatchOptions {
  readonly resourceVersion: string;
  /** The API server ends the stream after this time. */
  readonly serverTimeoutMs: number;
  readonly connectTimeoutMs: number;
  /** A stream without a byte for so long is given up: a connection that lost its other end looks just the same. */
  readonly silenceMs: number;
}

export type WatchMessage =
  /** The stream is open. */
  { type: 'OPEN' } | { type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; object: unknown };

/** What `PUT` takes: an object as it was read, changed. */
export interface Manifest {
  readonly metadata: ObjectMeta;
}

/**
 * The verbs that the agent uses, over plain JSON; the callers parse what comes back. Everything but an abort throws an
 * AgentError. There is no patch: the rights of the Go agent have none (Kubernetes contract 7).
 */
export interface KubeClient {
  readonly server: string;
  get(target: Target, signal: AbortSignal): Promise<unknown>;
  /** Every page. The version is the one to watch from. */
  list(
    selection: Selection,
    pageSize: number,
    signal: AbortSignal,
  ): Promise<{ items: unknown[]; resourceVersion: string }>;
  watch(selection: Selection, options: WatchOptions, signal: AbortSignal): AsyncGenerator<WatchMessage, void>;
  create(type: ResourceType, manifest: Manifest, signal: AbortSignal): Promise<unknown>;
  update(type: ResourceType, manifest: Manifest, signal: AbortSignal, subresource?: 'status'): Promise<unknown>;
  /** Deletes the object of that uid and no other. The answer is the object when finalizers keep it, else a Status. */
  delete(target: Target, uid: string, signal: AbortSignal): Promise<unknown>;
  /** Names of the resources that the kind's group serves, subresources as `plural/sub`; empty when nobody serves it. */
  discover(type: ResourceType, signal: AbortSignal): Promise<string[]>;
  close(): void;
}

const requestTimeoutMs = 15_000;
const listTimeoutMs = 60_000;
/** The API server asks for patience with 429 and Retry-After before it has done anything. */
const busyAttempts = 4;
const mostRetryAfterMs = 10_000;
const listAttempts = 3;

/** Makes the client over a transport; `time` is for the pauses that the API server asks for. */
export function createKubeClient(transport: KubeTransport, time: Time): KubeClient {
  const send = async (
    attempt: Attempt,
    method: TransportRequest['method'],
    path: string,
    signal: AbortSignal,
    body?: unknown,
    timeoutMs = requestTimeoutMs,
  ): Promise<unknown> => {
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    const request = { method, path, signal, timeoutMs, ...content };
    const answer = await sendPatiently(transport, time, attempt, request);
    if (answer.status >= 300) throw translateAnswer(attempt, answer);
    return parseJson(attempt, answer.text);
  };
  const sendObject = (attempt: Attempt, method: TransportRequest['method'], signal: AbortSignal, body?: unknown) => {
    const { type, namespace, subresource } = attempt;
    const path = toResourcePath(type, namespace, attempt.verb === 'create' ? undefined : attempt.name);
    return send(attempt, method, subresource === undefined ? path : `${path}/${subresource}`, signal, body);
  };

  return {
    server: transport.server,
    get: (target, signal) => sendObject({ verb: 'get', ...target }, 'GET', signal),
    list: (selection, pageSize, signal) =>
      listAll(selection, pageSize, (attempt, path) => send(attempt, 'GET', path, signal, undefined, listTimeoutMs)),
    watch: (selection, options, signal) => watch(transport, selection, options, signal),
    create: (type, manifest, signal) =>
      sendObject({ verb: 'create', type, ...pickPlace(manifest) }, 'POST', signal, manifest),
    update: (type, manifest, signal, subresource) =>
      sendObject(
        { verb: 'update', type, ...pickPlace(manifest), ...(subresource === undefined ? {} : { subresource }) },
        'PUT',
        signal,
        manifest,
      ),
    delete: (target, uid, signal) =>
      sendObject({ verb: 'delete', ...target }, 'DELETE', signal, {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        preconditions: { uid },
        propagationPolicy: 'Background',
      }),
    async discover(type, signal) {
      try {
        return parseDiscovery(await send({ verb: 'get', type }, 'GET', toGroupPath(type), signal));
      } catch (error: unknown) {
        if (isAgentError(error, 'CrdMissing', 'NotFound')) return [];
        throw error;
      }
    },
    close: () => transport.close(),
  };
}

/** Waits and tries again when the API server is busy and says for how long. */
async function sendPatiently(
  transport: KubeTransport,
  time: Time,
  attempt: Attempt,
  request: TransportRequest,
): Promise<TransportAnswer> {
  for (let tries = 1; ; tries += 1) {
    const answer = await transport.request(request).catch((error: unknown) => {
      request.signal.throwIfAborted();
      throw translateNetworkError(attempt, transport.server, error);
    });
    const { status, retryAfterMs } = answer;
    if (status !== 429 || retryAfterMs === undefined || tries === busyAttempts) return answer;
    await time.sleepUntil(time.instant() + Math.min(retryAfterMs, mostRetryAfterMs), request.signal);
    request.signal.throwIfAborted();
  }
}

function pickPlace({ metadata }: Manifest): { name: string; namespace?: string } {
  return { name: metadata.name, ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }) };
}

async function listAll(
  selection: Selection,
  pageSize: number,
  fetchPage: (attempt: Attempt, path: string) => Promise<unknown>,
): Promise<{ items: unknown[]; resourceVersion: string }> {
  const attempt: Attempt = { verb: 'list', ...selection };
  for (let tries = 1; ; tries += 1) {
    const items: unknown[] = [];
    let token = '';
    try {
      for (;;) {
        const query = toQuery(selection);
        // Pages expire on a server under pressure; the last try does without them.
        if (tries < listAttempts) query.set('limit', String(pageSize));
        if (token !== '') query.set('continue', token);
        const page = parseList(attempt, await fetchPage(attempt, withQuery(selection, query)));
        for (const item of page.items) items.push(item);
        if (page.token === '') return { items, resourceVersion: page.resourceVersion };
        token = page.token;
      }
    } catch (error: unknown) {
      if (!isExpired(error) || tries === listAttempts) throw error;
    }
  }
}

/** Whether the API server no longer knows the resource version or the page that was asked for (410). */
export function isExpired(error: unknown): boolean {
  return isAgentError(error) && error.details.status === 410;
}

/** Whether a watch was given up because its stream fell silent. */
export function isSilence(error: unknown): boolean {
  return isAgentError(error) && error.details.code === silentConnection;
}

async function* watch(
  transport: KubeTransport,
  selection: Selection,
  options: WatchOptions,
  signal: AbortSignal,
): AsyncGenerator<WatchMessage, void> {
  const attempt: Attempt = { verb: 'watch', ...selection };
  const query = toQuery(selection);
  query.set('watch', 'true');
  query.set('allowWatchBookmarks', 'true');
  query.set('resourceVersion', options.resourceVersion);
  query.set('timeoutSeconds', String(Math.max(1, Math.round(options.serverTimeoutMs / 1000))));
  const translate = (error: unknown) => {
    signal.throwIfAborted();
    return isAgentError(error) ? error : translateNetworkError(attempt, transport.server, error);
  };

  const request = { method: 'GET', path: withQuery(selection, query), signal } as const;
  const stream = await transport.open({ ...request, timeoutMs: options.connectTimeoutMs }).catch((error: unknown) => {
    throw translate(error);
  });
  const supervision = superviseStream(stream, options.silenceMs, signal);
  try {
    const status = stream.statusCode ?? 0;
    if (status !== 200) {
      throw translateAnswer(attempt, { status, text: await readAll(stream), retryAfterMs: readRetryAfterMs(stream) });
    }
    yield { type: 'OPEN' };
    for await (const line of readLines(stream, supervision.heard)) yield parseMessage(attempt, line);
  } catch (error: unknown) {
    // What swallowed the stream has swallowed the kept connections to the same server too: a list on one of them would
    // wait for its whole timeout.
    if (error instanceof SilentStreamError) transport.closeIdle();
    throw translate(error);
  } finally {
    supervision.end();
  }
}

/** Destroys the stream when it is silent for too long or the caller gives up. */
function superviseStream(
  stream: IncomingMessage,
  silenceMs: number,
  signal: AbortSignal,
): { heard: () => void; end: () => void } {
  const timer = setTimeout(() => stream.destroy(new SilentStreamError()), silenceMs);
  const abort = () => stream.destroy();
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  return {
    heard: () => timer.refresh(),
    end: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      stream.destroy();
    },
  };
}

const silentConnection = 'silent connection';

class SilentStreamError extends Error {
  readonly code = silentConnection;
}

async function* readLines(stream: IncomingMessage, heard: () => void): AsyncGenerator<string, void> {
  stream.setEncoding('utf8');
  let rest = '';
  for await (const chunk of stream) {
    heard();
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield line;
  }
}

async function readAll(stream: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += String(chunk);
  return text;
}

function parseMessage(attempt: Attempt, line: string): WatchMessage {
  const message = parseJson(attempt, line);
  if (isRecord(message)) {
    const { type, object } = message;
    if (type === 'ERROR') throw translateStatusObject(attempt, object);
    if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED' || type === 'BOOKMARK') return { type, object };
  }
  throw unreadable(attempt);
}

function toQuery(selection: Selection): URLSearchParams {
  const query = new URLSearchParams();
  if (selection.labelSelector !== undefined) query.set('labelSelector', selection.labelSelector);
  if (selection.name !== undefined) query.set('fieldSelector', `metadata.name=${selection.name}`);
  return query;
}

function withQuery(selection: Selection, query: URLSearchParams): string {
  return `${toResourcePath(selection.type, selection.namespace)}?${query.toString()}`;
}

function parseList(attempt: Attempt, answer: unknown): { items: unknown[]; resourceVersion: string; token: string } {
  if (!isRecord(answer) || !isRecord(answer.metadata)) throw unreadable(attempt);
  const { resourceVersion, continue: token } = answer.metadata;
  const items = answer.items ?? [];
  if (!Array.isArray(items) || typeof resourceVersion !== 'string') throw unreadable(attempt);
  return { items, resourceVersion, token: typeof token === 'string' ? token : '' };
}

function parseDiscovery(answer: unknown): string[] {
  if (!isRecord(answer) || !Array.isArray(answer.resources)) return [];
  const resources: unknown[] = answer.resources;
  return resources.flatMap((resource) =>
    isRecord(resource) && typeof resource.name === 'string' ? [resource.name] : [],
  );
}

function parseJson(attempt: Attempt, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unreadable(attempt);
  }
}

function unreadable(attempt: Attempt): AgentError {
  return new AgentError(
    'ClusterUnreachable',
    `The API server's answer to ${attempt.verb} is not what Kubernetes sends.`,
    {
      next: 'retry',
      remedy: 'Check that the address in the kubeconfig is that of a Kubernetes API server.',
      details: { verb: attempt.verb, resource: attempt.type.plural },
    },
  );
}

/** Whether a parsed JSON value is an object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
