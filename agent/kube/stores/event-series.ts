import { applicationApiVersion, compassConnectionApiVersion, compassConnectionName } from '../../domain/resources.ts';
import { toShownText } from '../../domain/to-shown-text.ts';
import type { EventRecorder } from '../../reconcile/ports.ts';
import type { Instant } from '../../time/time.ts';

export type RecordedEvent = Parameters<EventRecorder['record']>[0] &
  Partial<Pick<Parameters<EventRecorder['recordOnSystems']>[0][number], 'application'>>;

/** What was last written of one Event, to be counted up when it happens again. */
export interface EventSeries {
  readonly name: string;
  readonly resourceVersion: string;
  readonly firstTimestamp: string;
  readonly count: number;
  readonly writtenAt: Instant;
}

/** The series by what they repeat; the one that was written longest ago comes first. */
export type KnownSeries = ReadonlyMap<string, EventSeries>;

/** What stands in an Event, besides what happened. */
export interface EventFrame {
  readonly series: Pick<EventSeries, 'name' | 'firstTimestamp' | 'count'> & { readonly resourceVersion?: string };
  /** Of the object that the Event is about, where it is known. */
  readonly uid: string | undefined;
  readonly now: Date;
  /** Which of several agents writes. */
  readonly instance: string;
}

/** The API server takes Events on cluster-scoped objects in this namespace alone. */
const namespace = 'default';
const component = 'ucl-agent';
/** The API server keeps Events for an hour by default. */
const seriesMs = 30 * 60_000;
const maxSeries = 128;
const maxMessageLength = 1000;
const maxReasonLength = 128;
/** Of a name of at most 253: what makes it unique comes behind. */
const maxNameLength = 200;

/** The series that the event continues; undefined where it begins one, also after half an hour of silence. */
export function findSeries(known: KnownSeries, event: RecordedEvent, instant: Instant): EventSeries | undefined {
  const series = known.get(toSeriesKey(event));
  return series !== undefined && instant - series.writtenAt < seriesMs ? series : undefined;
}

/** The known series with that one, or without any for the event; the oldest are forgotten beyond 128. */
export function keepSeries(known: KnownSeries, event: RecordedEvent, series: EventSeries | undefined): KnownSeries {
  const key = toSeriesKey(event);
  const others = [...known].filter(([other]) => other !== key);
  return new Map(series === undefined ? others : [...others, [key, series] as const].slice(-maxSeries));
}

/** The first of a series. `chance` (0 to 1) keeps the names of one millisecond apart. */
export function startSeries(
  { application }: Pick<RecordedEvent, 'application'>,
  now: Date,
  chance: number,
): Pick<EventSeries, 'name' | 'firstTimestamp' | 'count'> {
  const about = trimEnd((application?.name ?? compassConnectionName).slice(0, maxNameLength));
  const unique = `${now.getTime().toString(16)}${Math.floor(chance * 0xffffff).toString(16)}`;
  return { name: `${about}.${unique}`, firstTimestamp: toTimestamp(now), count: 1 };
}

/** Without what a name may not end in. A pattern at the end of a text is looked for from each of its places. */
function trimEnd(name: string): string {
  let end = name.length;
  while (end > 0 && '-.'.includes(name.charAt(end - 1))) end -= 1;
  return name.slice(0, end);
}

/** The core/v1 Event on the Application, or else on the CompassConnection. */
export function toEventManifest(event: RecordedEvent, { series, uid, now, instance }: EventFrame) {
  const { name, firstTimestamp, count, resourceVersion } = series;
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
    involvedObject: { ...toReference(event), ...(uid === undefined ? {} : { uid }) },
    type: event.type,
    reason: event.reason.slice(0, maxReasonLength),
    message: toShownText(event.message, maxMessageLength),
    source: { component },
    reportingComponent: component,
    reportingInstance: instance,
    firstTimestamp,
    lastTimestamp: toTimestamp(now),
    count,
  };
}

function toReference({ application }: RecordedEvent) {
  return application === undefined
    ? { apiVersion: compassConnectionApiVersion, kind: 'CompassConnection', name: compassConnectionName }
    : { apiVersion: applicationApiVersion, kind: 'Application', name: application.name };
}

function toSeriesKey({ type, reason, message, application }: RecordedEvent): string {
  return JSON.stringify([type, reason, message, application?.name, application?.uid]);
}

/** Event times have whole seconds. */
function toTimestamp(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}
