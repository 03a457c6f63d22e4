import { hostname } from 'node:os';
import { compassConnectionApiVersion, compassConnectionName } from '../domain/resources.ts';
import { isAgentError, toAgentError } from '../errors/agent-error.ts';
import type { Logger } from '../log/logger.ts';
import type { EventRecorder } from '../loop/ports.ts';
import { isRecord, type KubeClient } from './kube-client.ts';
import { eventType } from './resource-type.ts';

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
}

/** Writes core/v1 Events on the CompassConnection, one after the other; a repeated one is counted, not written anew. */
export function createEventRecorder(
  client: KubeClient,
  readUid: () => string | undefined,
  clock: () => Date,
  log: Logger,
  signal: AbortSignal,
): EventWriter {
  const series = new Map<string, Series>();
  let pending = 0;
  let told = false;
  let last = Promise.resolve();

  const write = async (event: Recorded): Promise<void> => {
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
  };

  return {
    record(event) {
      if (pending >= mostPending || signal.aborted) return;
      pending += 1;
      last = last.then(async () => {
        try {
          await write(event);
          told = false;
        } catch (error: unknown) {
          if (!signal.aborted && !told) {
            told = true;
            log.warn(`An Event could not be written: ${toAgentError(error, 'writing an Event').message}`, {
              reason: event.reason,
            });
          }
        } finally {
          pending -= 1;
        }
      });
    },
    flush: () => last,
  };
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
