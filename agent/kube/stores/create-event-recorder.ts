import { toAgentError } from '../../errors/agent-error.ts';
import type { Logger } from '../../log/logger.ts';
import type { EventRecorder } from '../../reconcile/ports.ts';
import type { Random, Time } from '../../time/time.ts';
import type { KubeWriter } from '../api/kube-client.ts';
import { isKubeError, type KubeError } from '../api/kube-error.ts';
import { readVersion } from '../api/kube-object.ts';
import { eventType } from '../api/resource-type.ts';
import { describeLeftOut, fullBudget, takeTokens } from './event-budget.ts';
import {
  type EventFrame,
  type EventSeries,
  findSeries,
  type KnownSeries,
  keepSeries,
  type RecordedEvent,
  startSeries,
  toEventManifest,
} from './event-series.ts';

const maxPending = 100;

export interface EventWriter extends EventRecorder {
  /** Resolves when everything recorded so far was written, or could not be. */
  flush(): Promise<void>;
  /** The permission that is missing, as a sentence; undefined while Events can be written. */
  limitation(): string | undefined;
}

export interface EventRecorderOptions {
  readonly client: KubeWriter;
  /** Of the CompassConnection, where it is known. */
  readonly readUid: () => string | undefined;
  /** Which of several agents writes. */
  readonly instance: string;
  readonly time: Time;
  readonly random: Random;
  readonly log: Logger;
  /** Pauses between the tries of an Event that may not be written, in milliseconds. */
  readonly forbiddenMs: { readonly first: number; readonly most: number };
}

/**
 * Writes core/v1 Events on the CompassConnection and on Applications, one after the other; a repeated one is counted, not
 * written anew. One that may not be written is tried again, so that the grant of the permission is noticed without a
 * further Event; those on Applications wait for that grant, and are not told afterwards.
 */
export function createEventRecorder(options: EventRecorderOptions, signal: AbortSignal): EventWriter {
  const { log } = options;
  let known: KnownSeries = new Map();
  let pending = 0;
  let told = false;
  let refused: { readonly event: RecordedEvent; readonly error: KubeError } | undefined;
  let isRetrying = false;
  let last = Promise.resolve();
  let budget = fullBudget(options.time.instant());

  const isHopeless = (event: RecordedEvent) =>
    event.application !== undefined && refused !== undefined && refused.event !== event;
  const attempt = async (event: RecordedEvent): Promise<void> => {
    try {
      if (isHopeless(event)) return;
      const written = await writeInSeries(event, known, options, signal);
      known = keepSeries(known, event, written);
      told = false;
      refused = undefined;
    } catch (error: unknown) {
      if (signal.aborted) return;
      known = keepSeries(known, event, undefined);
      const failure = toAgentError(error, 'writing an Event');
      refused = isKubeError(failure, 'forbidden', 'unauthenticated') ? { event, error: failure } : undefined;
      if (!told) log.warn(`An Event could not be written: ${failure.message}`, { reason: event.reason });
      told = true;
    } finally {
      pending -= 1;
    }
  };
  const enqueue = (event: RecordedEvent): Promise<void> => {
    pending += 1;
    last = last.then(() => attempt(event));
    return last;
  };
  const retryRefused = async (): Promise<void> => {
    if (isRetrying) return;
    isRetrying = true;
    const { first, most } = options.forbiddenMs;
    for (let pauseMs = first; refused !== undefined && !signal.aborted; pauseMs = Math.min(pauseMs * 2, most)) {
      await options.time.sleepUntil(options.time.instant() + pauseMs, signal);
      if (refused !== undefined && !signal.aborted) await enqueue(refused.event);
    }
    isRetrying = false;
  };

  const record = (event: RecordedEvent) => {
    if (pending >= maxPending || signal.aborted) return;
    void enqueue(event).then(retryRefused);
  };
  return {
    record,
    recordOnSystems(events) {
      const taken = takeTokens(budget, events.length, options.time.instant());
      budget = taken.budget;
      for (const event of events.slice(0, taken.granted)) record(event);
      const rest = events.slice(taken.granted);
      if (rest.length === 0) return;
      const type = rest.some((event) => event.type === 'Warning') ? 'Warning' : 'Normal';
      record({ type, reason: 'EventsLeftOut', message: describeLeftOut(rest) });
    },
    flush: () => last,
    limitation: () => refused && `${refused.error.message}, so no Events tell of what happens.`,
  };
}

async function writeInSeries(
  event: RecordedEvent,
  known: KnownSeries,
  options: EventRecorderOptions,
  signal: AbortSignal,
): Promise<EventSeries> {
  const { client, time, random } = options;
  const series = findSeries(known, event, time.instant());
  const uid = event.application === undefined ? options.readUid() : event.application.uid || undefined;
  const frame = { uid, now: time.now(), instance: options.instance };
  const counted = series === undefined ? undefined : await countUp(client, event, series, frame, signal);
  if (counted !== undefined) return { ...counted, writtenAt: time.instant() };
  const started = startSeries(event, frame.now, random());
  const answer = await client.create(eventType, toEventManifest(event, { ...frame, series: started }), signal);
  return { ...started, resourceVersion: readVersion(answer) ?? '', writtenAt: time.instant() };
}

/** undefined: the Event is gone, or somebody changed it. */
async function countUp(
  client: KubeWriter,
  event: RecordedEvent,
  previous: EventSeries,
  frame: Omit<EventFrame, 'series'>,
  signal: AbortSignal,
): Promise<EventSeries | undefined> {
  const series = { ...previous, count: previous.count + 1 };
  try {
    const answer = await client.update(eventType, toEventManifest(event, { ...frame, series }), signal);
    return { ...series, resourceVersion: readVersion(answer) ?? '' };
  } catch (error: unknown) {
    if (isKubeError(error, 'not-found', 'conflict')) return undefined;
    throw error;
  }
}
