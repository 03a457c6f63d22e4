import type { ConnectionStatus, SystemFailure } from '../domain/connection-status.ts';
import { listedRequestKinds } from '../domain/request-kinds.ts';
import { toShownText } from '../domain/to-shown-text.ts';
import { toWholeSeconds } from '../errors/explain.ts';
import type { HeldRemoval } from '../sync/sync-facts.ts';
import { toLegacyFields, toTimestamp } from './legacy-fields.ts';
import { optional } from './optional.ts';
import type { HandledRequests, Report } from './report.ts';
import { toBoundedText } from './to-bounded-text.ts';
import { toConditions } from './to-conditions.ts';

const listedFailures = 20;
/** Names of Kubernetes objects are no longer; ids and reasons are far shorter. */
const nameLength = 253;
const wordLength = 128;

/**
 * The status of the CompassConnection for what the agent knows: conditions and counts, and the legacy fields. Whatever
 * stands in it, it takes less than 128 KiB as JSON, so that it can always be written. Pure.
 * `previous` keeps the transition times and what a restarted agent has not seen itself.
 */
export function summarize(report: Report, previous: ConnectionStatus | undefined, now: Date): ConnectionStatus {
  const { sync, certificate } = report;
  const counts = sync?.counts;
  const [held] = sync?.held ?? [];
  return {
    ...toLegacyFields(report, previous),
    ...optional('observedGeneration', report.observedGeneration),
    ...optional('runtimeId', report.runtimeId ?? previous?.runtimeId),
    conditions: toConditions(report, previous?.conditions ?? [], now),
    ...optional(
      'applications',
      counts ? { ...counts, summary: `${counts.ready}/${counts.desired}` } : previous?.applications,
    ),
    failures: (sync?.failures ?? []).slice(0, listedFailures).map(toBounded),
    failuresTotal: countFailed(sync?.failures ?? []),
    // A column shows a null as '<no value>'.
    certificate: {
      ...optional('notBefore', toTime(certificate?.notBefore)),
      ...optional('notAfter', toTime(certificate?.notAfter)),
      ...optional('renewAt', toTime(report.renewAt)),
    },
    ...optional('lastSync', toTime(sync?.attemptedAt) ?? previous?.lastSync ?? undefined),
    ...optional('nextSync', toTime(report.nextSync)),
    ...optional('staleAfter', toTime(report.staleAfter)),
    ...optional('lastSyncTrigger', sync?.trigger ?? previous?.lastSyncTrigger),
    ...toEchoes(report.handled),
    prune: held === undefined ? {} : toHeld(held, sync?.held ?? []),
  };
}

function toTime(date: Date | undefined): string | undefined {
  return date && toWholeSeconds(date);
}

/** A system may fail in several ways, and counts once. */
function countFailed(failures: readonly SystemFailure[]): number {
  return new Set(failures.map(({ applicationId, name }) => applicationId || name)).size;
}

/** The earliest hold by its id, and how many Applications wait in all. */
function toHeld(
  { id, since, actsAt }: HeldRemoval,
  all: readonly HeldRemoval[],
): NonNullable<ConnectionStatus['prune']> {
  return {
    heldHash: id,
    heldCount: all.reduce((sum, { applicationNames }) => sum + applicationNames.length, 0),
    heldSince: toWholeSeconds(since),
    heldUntil: toTimestamp(actsAt),
  };
}

/** The tokens that were dealt with, in the fields of the status. */
export function toEchoes(
  handled: HandledRequests,
): Pick<ConnectionStatus, 'lastHandledSyncRequest' | 'lastHandledRenewRequest'> {
  const echoes: Pick<ConnectionStatus, 'lastHandledSyncRequest' | 'lastHandledRenewRequest'> = {};
  for (const [kind, { echoField }] of listedRequestKinds) {
    const token = handled[kind];
    if (token !== undefined) echoes[echoField] = token;
  }
  return echoes;
}

function toBounded(failure: SystemFailure): SystemFailure {
  return {
    applicationId: toShownText(failure.applicationId, wordLength),
    name: toShownText(failure.name, nameLength),
    reason: toShownText(failure.reason, wordLength),
    message: toBoundedText(failure.message),
  };
}
