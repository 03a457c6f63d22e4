import type { ConnectionStatus } from '../domain/connection-status.ts';
import { isSameValue } from '../domain/is-same-value.ts';
import { toDate } from '../domain/to-date.ts';
import { toWholeSeconds } from '../errors/explain.ts';
import type { Report } from './report.ts';
import { summarize } from './summarize.ts';

/** Before {@link Report.staleAfter} of a stored status is reached, it is written again: so long before. */
const refreshMarginMs = 60_000;

/**
 * The status to store. Where nothing is new but times that each sync moves, it is the stored one, until that is older than
 * `refreshMs`: the object is not written with each sync, and whoever watches it is not woken. Pure.
 */
export function toStatus(
  report: Report,
  previous: ConnectionStatus | undefined,
  now: Date,
  refreshMs: number,
): ConnectionStatus {
  const current = summarize(report, previous, now);
  if (previous === undefined || isOld(report, previous, now, refreshMs)) return current;
  const unmoved = summarize(withTimesOf(previous, report), previous, now);
  return isSameAs(previous, unmoved) ? unmoved : current;
}

/** When the status is another by time alone, or has to be written again; undefined: never. Pure. */
export function toNextChange(report: Report, status: ConnectionStatus, now: Date): Date | undefined {
  const staleAfter = toDate(status.staleAfter);
  const moments = [
    report.certificate?.notAfter,
    report.renewalOverdueAt,
    report.isSuspended ? undefined : report.overdueAt,
    staleAfter && new Date(staleAfter.getTime() - refreshMarginMs),
  ];
  const ahead = moments.flatMap((moment) => (moment !== undefined && moment > now ? [moment.getTime()] : []));
  return ahead.length === 0 ? undefined : new Date(Math.min(...ahead));
}

function isOld({ sync, staleAfter }: Report, previous: ConnectionStatus, now: Date, refreshMs: number): boolean {
  const attemptedAt = toDate(previous.lastSync ?? previous.synchronizationStatus?.lastAttempt);
  if (sync !== undefined && attemptedAt !== undefined) {
    const agedMs = Date.parse(toWholeSeconds(sync.attemptedAt)) - attemptedAt.getTime();
    // A time to come was written by a clock that was wrong, and would seem new for the longest.
    if (agedMs < 0 || agedMs > refreshMs) return true;
  }
  const stale = toDate(previous.staleAfter);
  if (stale === undefined) return false;
  return now.getTime() >= stale.getTime() - refreshMarginMs || (staleAfter !== undefined && stale > staleAfter);
}

/** What is known now, with the times that stand in the stored status where a sync without change moves them. */
function withTimesOf(previous: ConnectionStatus, report: Report): Report {
  const { connectionStatus, synchronizationStatus } = previous;
  const { sync } = report;
  const isGoingWell = report.connectionError === undefined && sync?.error === undefined;
  return {
    ...report,
    lastCall: toDate(connectionStatus.lastSync) ?? report.lastCall,
    lastSuccessfulCall: toDate(connectionStatus.lastSuccess) ?? report.lastSuccessfulCall,
    lastAnswer: toDate(connectionStatus.lastSuccess) ?? report.lastAnswer,
    sync: sync && {
      ...sync,
      attemptedAt: toDate(previous.lastSync ?? synchronizationStatus?.lastAttempt) ?? sync.attemptedAt,
      fetchedAt: toDate(synchronizationStatus?.lastSuccessfulFetch) ?? sync.fetchedAt,
      appliedAt: toDate(synchronizationStatus?.lastSuccessfulApplication) ?? sync.appliedAt,
    },
    nextSync:
      isGoingWell && report.nextSync !== undefined ? (toDate(previous.nextSync) ?? report.nextSync) : report.nextSync,
    staleAfter: toDate(previous.staleAfter) ?? report.staleAfter,
  };
}

/** The shipped CRD keeps the legacy fields alone, and the echoes as annotations. */
function isSameAs(previous: ConnectionStatus, status: ConnectionStatus): boolean {
  if (previous.conditions !== undefined) return isSameValue(previous, status);
  const toKept = (all: ConnectionStatus) => [
    all.connectionState,
    all.connectionStatus,
    all.synchronizationStatus,
    all.lastHandledSyncRequest,
    all.lastHandledRenewRequest,
  ];
  return isSameValue(toKept(previous), toKept(status));
}
