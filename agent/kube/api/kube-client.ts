import type { ObjectMeta } from '../../domain/resources.ts';
import { isAgentError } from '../../errors/agent-error.ts';
import type { Time } from '../../time/time.ts';
import type { Exchange, ExchangeRequest } from './exchange.ts';
import { isRecord } from './kube-object.ts';
import { parseAnswerJson, readAnswer } from './read-answer.ts';
import { type ResourceType, toGroupPath, toResourcePath } from './resource-type.ts';
import { type Selection, toSelectionPath } from './selection.ts';
import { superviseExchange } from './supervise-exchange.ts';
import { type Answer, type Attempt, translateAnswer, translateNetworkError, unreadable } from './translate-status.ts';
import { type WatchMessage, type WatchOptions, watchObjects } from './watch-objects.ts';

/** One object. */
export interface Target {
  readonly type: ResourceType;
  readonly namespace?: string | undefined;
  readonly name: string;
}

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
const maxRetryAfterMs = 10_000;
const listAttempts = 3;

/** Makes the client over the way to the API server; `time` is for what is waited for, and not too long. */
export function createKubeClient(exchange: Exchange, time: Time): KubeClient {
  const send = async (
    attempt: Attempt,
    method: ExchangeRequest['method'],
    path: string,
    signal: AbortSignal,
    body?: unknown,
    timeoutMs = requestTimeoutMs,
  ): Promise<unknown> => {
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    const request = { method, path, timeoutMs, ...content };
    const answer = await sendPatiently({ exchange, time }, attempt, request, signal);
    if (answer.status >= 300) throw translateAnswer(attempt, answer);
    return parseAnswerJson(attempt, answer.text);
  };
  const sendObject = (attempt: Attempt, method: ExchangeRequest['method'], signal: AbortSignal, body?: unknown) => {
    const { type, namespace, subresource } = attempt;
    const path = toResourcePath(type, namespace, attempt.verb === 'create' ? undefined : attempt.name);
    return send(attempt, method, subresource === undefined ? path : `${path}/${subresource}`, signal, body);
  };

  return {
    server: exchange.server,
    get: (target, signal) => sendObject({ verb: 'get', ...target }, 'GET', signal),
    list: (selection, pageSize, signal) =>
      listAll(selection, pageSize, (attempt, path) => send(attempt, 'GET', path, signal, undefined, listTimeoutMs)),
    watch: (selection, options, signal) => watchObjects({ exchange, time }, selection, options, signal),
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
    close: () => exchange.close(),
  };
}

interface PlainRequest extends Pick<ExchangeRequest, 'method' | 'path' | 'body'> {
  /** For the whole answer. */
  readonly timeoutMs: number;
}

/** Waits and tries again when the API server is busy and says for how long. */
async function sendPatiently(
  { exchange, time }: { exchange: Exchange; time: Time },
  attempt: Attempt,
  request: PlainRequest,
  signal: AbortSignal,
): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    const answer = await sendOnce({ exchange, time }, request, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      throw translateNetworkError(attempt, exchange.server, error);
    });
    const { status, retryAfterMs } = answer;
    if (status !== 429 || retryAfterMs === undefined || tries === busyAttempts) return answer;
    await time.sleepUntil(time.instant() + Math.min(retryAfterMs, maxRetryAfterMs), signal);
    signal.throwIfAborted();
  }
}

async function sendOnce(
  { exchange, time }: { exchange: Exchange; time: Time },
  { timeoutMs, ...request }: PlainRequest,
  signal: AbortSignal,
): Promise<Answer> {
  const supervision = superviseExchange(time, signal);
  try {
    supervision.expect(timeoutMs, 'ETIMEDOUT');
    return await readAnswer(await exchange.send({ ...request, answer: 'whole', signal: supervision.signal }));
  } finally {
    supervision.end();
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
        const path = toSelectionPath(selection, {
          // Pages expire on a server under pressure; the last try does without them.
          ...(tries < listAttempts ? { limit: String(pageSize) } : {}),
          ...(token === '' ? {} : { continue: token }),
        });
        const page = parseList(attempt, await fetchPage(attempt, path));
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
  return isAgentError(error) && error.details.code === 'silent connection';
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
