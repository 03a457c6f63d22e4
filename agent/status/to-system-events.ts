import { toShownText } from '../domain/to-shown-text.ts';
import { toWholeSeconds } from '../errors/explain.ts';
import type { AnyReason } from '../errors/reasons.ts';
import type { ApplicationChange, HeldRemoval, KnownApplication } from '../sync/sync-facts.ts';
import type { ConnectionEvent } from './decide-events.ts';
import type { SystemNews } from './decide-system-news.ts';
import { toBoundedText } from './to-bounded-text.ts';

/** One Kubernetes Event on the Application of a system; where it has none, on the CompassConnection. */
export interface SystemEvent extends ConnectionEvent {
  readonly application: Pick<KnownApplication, 'name' | 'uid'> | undefined;
}

const nameLength = 100;

/** What is done to Applications, in the words of people: from UCL, or because somebody changed or deleted them. */
export type ChangeCause = 'ucl' | 'drift';

/** The Events for what is news of systems, warnings first. Pure. */
export function toSystemEvents(
  news: readonly SystemNews[],
  changes: readonly ApplicationChange[],
  applications: readonly KnownApplication[],
  cause: ChangeCause,
): SystemEvent[] {
  const bySystem = new Map(applications.map((application) => [application.applicationId, application]));
  const byName = new Map(applications.map((application) => [application.name, application]));
  const events = [
    ...news.flatMap((one) => toNewsEvents(one, bySystem, byName)),
    ...changes.map((change) => toChangeEvent(change, cause)),
  ];
  const isWarning = ({ type }: SystemEvent) => type === 'Warning';
  return [...events.filter(isWarning), ...events.filter((event) => !isWarning(event))];
}

function toNewsEvents(
  one: SystemNews,
  bySystem: ReadonlyMap<string, KnownApplication>,
  byName: ReadonlyMap<string, KnownApplication>,
): SystemEvent[] {
  switch (one.news) {
    case 'failing': {
      const { applicationId, name, reason, message } = one.failure;
      const text = `${toSystemText(name, applicationId)}: ${toBoundedText(message)}`;
      return [{ type: 'Warning', reason, message: text, application: bySystem.get(applicationId) }];
    }
    case 'recovered': {
      const { applicationId, name } = one.failure;
      const reason: AnyReason = 'SystemRecovered';
      const message = `${toSystemText(name, applicationId)} is in the cluster as UCL describes it. Until now it failed (${one.formerReasons.join(', ')}).`;
      return [{ type: 'Normal', reason, message, application: bySystem.get(applicationId) }];
    }
    case 'left':
      return [];
    case 'held':
      return one.hold.applicationNames.map((name) => toHeldEvent(one.hold, name, byName.get(name)));
    case 'kept':
      return one.applicationNames.flatMap((name) => toKeptEvent(byName.get(name)));
  }
}

/** The text says nothing of the others by name: those have Events of their own. */
function toHeldEvent(
  { id, applicationNames, since, actsAt }: HeldRemoval,
  name: string,
  application: KnownApplication | undefined,
): SystemEvent {
  const reason: AnyReason = 'RemovalHeld';
  const others = applicationNames.length - 1;
  const company = others === 0 ? '' : `, as ${others === 1 ? 'one other' : `${others} others`}`;
  const when =
    actsAt === undefined
      ? 'the Application is removed when a person approves that'
      : `the Application is removed at ${toWholeSeconds(actsAt)} at the earliest, if UCL still does not assign the system then`;
  const message = [
    `UCL no longer assigns a system for this Application${company}. The removal is held since ${toWholeSeconds(since)}, and ${when}.`,
    'To keep it, assign the system to the formation of this runtime again.',
    `To remove the held Applications at once: ucl-agent approve ${id}`,
  ].join(' ');
  return { type: 'Warning', reason, message, application: application ?? { name, uid: '' } };
}

/** One that somebody deleted by hand meanwhile has nothing to stand on. */
function toKeptEvent(application: KnownApplication | undefined): SystemEvent[] {
  const reason: AnyReason = 'RemovalCancelled';
  const message = 'UCL assigns the system again, so the Application stays: its removal is no longer held.';
  return application === undefined ? [] : [{ type: 'Normal', reason, message, application }];
}

function toChangeEvent(change: ApplicationChange, cause: ChangeCause): SystemEvent {
  const { kind, application, applicationId, systemName, because } = change;
  const [reason, doing] = wordsOf(kind, cause);
  const why = because.length === 0 ? '' : `: ${because.join(', ')}`;
  const message = `${doing} ${toSystemText(systemName, applicationId, false)}${why}.`;
  return { type: 'Normal', reason, message: toBoundedText(message), application };
}

function wordsOf(kind: ApplicationChange['kind'], cause: ChangeCause): readonly [AnyReason, string] {
  switch (kind) {
    case 'create':
      return cause === 'drift'
        ? ['ApplicationRestored', 'Created again after it was deleted, for']
        : ['ApplicationCreated', 'Created for'];
    case 'update':
      return cause === 'drift'
        ? ['ApplicationRestored', 'Restored what somebody had changed, for']
        : ['ApplicationUpdated', 'Updated for'];
    case 'delete':
      return ['ApplicationRemoved', 'Removed, of'];
  }
}

function toSystemText(name: string, applicationId: string, isBeginning = true): string {
  const id = applicationId === '' ? '' : ` (UCL id ${toShownText(applicationId, nameLength)})`;
  return `${isBeginning ? 'System' : 'system'} ${toShownText(name, nameLength)}${id}`;
}
