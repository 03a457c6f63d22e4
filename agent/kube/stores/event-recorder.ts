import { hostname } from 'node:os';
import { compassConnectionApiVersion, compassConnectionName } from '../../domain/resources.ts';
import { type AgentError, isAgentError, toAgentError } from '../../errors/agent-error.ts';
import type { Logger } from '../../log/logger.ts';
import type { EventRecorder } from '../../loop/ports.ts';
import { isRecord, type KubeClient } from '../api/kube-client.ts';
import { eventType } from '../api/resource-type.ts';

type Recorded = Parameters<EventRecorder['record']>[0];

/** What was last written of one event, to be counted up when it happens again. */
interface Series {
  readonly name: string;
  readonly resourceVersion: string;
  readonly firstTimestamp: string;
  readonly count: number;
  readonly writtenAt: number;
}

/** The API server takes Events on cluster-scoped objects in this namespace alone. */
const namespace = 'default';
const component = 'ucl-agent';
/** The API server keeps Events for an hour by default. */
const seriesMs = 30 * 60_000;
const mostSeries = 64;
const mostPending = 100;
const maxMessageLength = 1000;
const maxReasonLength = 128;

export interface EventWriter extends EventRecorder {
  /** Resolves when everything recorded so far was written, or could not be. */
  flush(): Promise<void>;
  /** The permission that is missing, as a sentence; undefined while Events can be written. */
  limitation(): string | undefined;
}

export interface EventRecorderOptions {
  readonly client: KubeClient;
  /** Of the CompassConnection, where it is known. */
  readonly readUid: () => string | undefined;
  readonly clock: () => Date;
  readonly delay: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly log: Logger;
  /** Pauses between the tries of an Event that may not be written, in milliseconds. */
  readonly forbiddenMs: { readonly first: number; readonly most: number };
}

/**
 * Writes core/v1 Events on the CompassConnection, one after the other; a repeated one is counted, not written anew. One
 * that may not be written is tried again, so that the grant of the permission is noticed without a further Event.
 */
export function createEventRecorder(options: EventRecorderOptions, signal: AbortSignal): EventWriter {
  const { log } = options;
  const series = new Map<string, Series>();
  let pending = 0;
  let told = false;
  let refused: { readonly event: Recorded; readonly error: AgentError } | undefined;
  let isRetrying = false;
  let last = Promise.resolve();

  const attempt = async (event: Recorded): Promise<void> => {
    try {
      await writeInSeries(event, series, options, signal);
      told = false;
      refused = undefined;
    } catch (error: unknown) {
      if (signal.aborted) return;
      const failure = toAgentError(error, 'writing an Event');
      refused = isAgentError(failure, 'PermissionMissing') ? { event, error: failure } : undefined;
      if (!told) log.warn(`An Event could not be written: ${failure.message}`, { reason: event.reason });
      told = true;
    } finally {
      pending -= 1;
    }
  };
  const enqueue = (event: Recorded): Promise<void> => {
    pending += 1;
    last = last.then(() => attempt(event));
    return last;
  };
  const retryRefused = async (): Promise<void> => {
    if (isRetrying) return;
    isRetrying = true;
    const { first, most } = options.forbiddenMs;
    for (let pauseMs = first; refused !== undefined && !signal.aborted; pauseMs = Math.min(pauseMs * 2, most)) {
      // An abort is noticed by the loop.
      await options.delay(pauseMs, signal).catch(() => undefined);
      if (refused !== undefined && !signal.aborted) await enqueue(refused.event);
    }
    isRetrying = false;
  };

  return {
    record(event) {
      if (pending >= mostPending || signal.aborted) return;
      void enqueue(event).then(retryRefused);
    },
    flush: () => last,
    limitation: () => refused && `${refused.error.message.replace(/\.$/, '')}, so no Events tell of what happens.`,
  };
}

async function writeInSeries(
  event: Recorded,
  series: Map<string, Series>,
  { client, readUid, clock }: EventRecorderOptions,
  signal: AbortSignal,
): Promise<void> {
  const key = JSON.stringify([event.type, event.reason, event.message]);
  const previous = series.get(key);
  const now = clock();
  series.delete(key);
  const repeated =
    previous !== undefined && now.getTime() - previous.writtenAt < seriesMs
      ? await countUp(client, event, previous, readUid(), now, signal)
      : undefined;
  series.set(key, repeated ?? (await createEvent(client, event, readUid(), now, signal)));
  const [oldest] = series.keys();
  if (series.size > mostSeries && oldest !== undefined) series.delete(oldest);
}

async function createEvent(
  client: KubeClient,
  event: Recorded,
  uid: string | undefined,
  now: Date,
  signal: AbortSignal,
): Promise<Series> {
  const unique = `${now.getTime().toString(16)}${Math.floor(Math.random() * 0xffffff).toString(16)}`;
  const name = `${compassConnectionName}.${unique}`;
  const firstTimestamp = toTimestamp(now);
  const manifest = toEvent(event, { name, firstTimestamp, count: 1 }, uid, now);
  const answer = await client.create(eventType, manifest, signal);
  return { name, firstTimestamp, count: 1, resourceVersion: readVersion(answer), writtenAt: now.getTime() };
}

/** undefined: the event is gone, or somebody changed it. */
async function countUp(
  client: KubeClient,
  event: Recorded,
  previous: Series,
  uid: string | undefined,
  now: Date,
  signal: AbortSignal,
): Promise<Series | undefined> {
  const next = { ...previous, count: previous.count + 1 };
  try {
    const answer = await client.update(eventType, toEvent(event, next, uid, now), signal);
    return { ...next, resourceVersion: readVersion(answer), writtenAt: now.getTime() };
  } catch (error: unknown) {
    if (isAgentError(error, 'NotFound', 'Conflict')) return undefined;
    throw error;
  }
}

function toEvent(
  event: Recorded,
  series: { name: string; firstTimestamp: string; count: number; resourceVersion?: string },
  uid: string | undefined,
  now: Date,
) {
  const { name, firstTimestamp, count, resourceVersion } = series;
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
    involvedObject: {
      apiVersion: compassConnectionApiVersion,
      kind: 'CompassConnection',
      name: compassConnectionName,
      ...(uid === undefined ? {} : { uid }),
    },
    type: event.type,
    reason: event.reason.slice(0, maxReasonLength),
    message: event.message.slice(0, maxMessageLength),
    source: { component },
    reportingComponent: component,
    reportingInstance: hostname(),
    firstTimestamp,
    lastTimestamp: toTimestamp(now),
    count,
  };
}

/** Event times have whole seconds. */
function toTimestamp(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

function readVersion(answer: unknown): string {
  const metadata = isRecord(answer) ? answer.metadata : undefined;
  return isRecord(metadata) && typeof metadata.resourceVersion === 'string' ? metadata.resourceVersion : '';
}
