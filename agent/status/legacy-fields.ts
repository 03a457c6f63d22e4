import type { ConnectionState, ConnectionStatus, Timestamp } from '../domain/connection-status.ts';
import { explain, toWholeSeconds } from '../errors/explain.ts';
import type { SyncReport } from '../sync/sync-memory.ts';
import { judgeHeld } from './judge-held.ts';
import { toSyncFailure } from './judge-synchronized.ts';
import { listFailures } from './list-failures.ts';
import { optional } from './optional.ts';
import type { Report } from './report.ts';
import { toBoundedText } from './to-bounded-text.ts';

type LegacyFields = Pick<ConnectionStatus, 'connectionState' | 'connectionStatus' | 'synchronizationStatus'>;

/**
 * The fields of the Go agent, filled as before but true: errors go with the next success, last successes are kept
 * (docs/contracts/kubernetes.md#compassconnection). On the shipped CRD they are all there is. Pure.
 */
export function toLegacyFields(report: Report, previous: ConnectionStatus | undefined): LegacyFields {
  const { sync, certificate } = report;
  const connection = previous?.connectionStatus;
  const synchronization = previous?.synchronizationStatus;
  return {
    connectionState: toConnectionState(report, previous),
    connectionStatus: {
      established: toTimestamp(report.established) ?? connection?.established ?? null,
      renewed: toTimestamp(report.renewed) ?? connection?.renewed ?? null,
      lastSync: toTimestamp(report.lastCall) ?? connection?.lastSync ?? null,
      lastSuccess: toTimestamp(report.lastSuccessfulCall) ?? connection?.lastSuccess ?? null,
      certificateStatus: {
        acquired: toTimestamp(report.acquired) ?? connection?.certificateStatus.acquired ?? null,
        notBefore: toTimestamp(certificate?.notBefore),
        notAfter: toTimestamp(certificate?.notAfter),
      },
      ...optional('error', toConnectionErrorText(report)),
    },
    synchronizationStatus: {
      lastAttempt: toTimestamp(sync?.attemptedAt) ?? synchronization?.lastAttempt ?? null,
      lastSuccessfulFetch: toTimestamp(sync?.fetchedAt) ?? synchronization?.lastSuccessfulFetch ?? null,
      lastSuccessfulApplication: toTimestamp(sync?.appliedAt) ?? synchronization?.lastSuccessfulApplication ?? null,
      // What failed in the former life is not known to be well before the first sync of this one.
      ...optional('error', sync === undefined ? synchronization?.error : toSyncErrorText(sync, report)),
    },
  };
}

function toConnectionState(report: Report, previous: ConnectionStatus | undefined): ConnectionState {
  if (report.connectionError !== undefined) {
    const wasConnected = report.certificate !== undefined && hasEverSucceeded(report, previous);
    return wasConnected ? 'ConnectionMaintenanceFailed' : 'ConnectionFailed';
  }
  const { sync, workingSince } = report;
  const wasSynchronized = previous?.connectionState === 'Synchronized';
  if (sync === undefined) return wasSynchronized ? 'Synchronized' : 'Connected';
  switch (sync.error?.during) {
    case 'read':
      return 'SynchronizationFailed';
    case 'apply':
      return 'ResourceApplicationFailed';
    case 'labels':
      return 'MetadataUpdateFailed';
    case undefined:
      if (sync.gaps > 0) return 'SynchronizationFailed';
      // The sync before an interruption says nothing of the cluster after it: that is for the sync which goes on.
      return workingSince !== undefined && !wasSynchronized ? 'Connected' : 'Synchronized';
  }
}

function hasEverSucceeded(report: Report, previous: ConnectionStatus | undefined): boolean {
  return report.lastSuccessfulCall !== undefined || previous?.connectionStatus.lastSuccess != null;
}

/** On the shipped CRD this is the one place for what is not permitted: the conditions are pruned there. */
function toConnectionErrorText({
  connectionError,
  maintenance,
  renewalError,
  limitations,
}: Report): string | undefined {
  const errors = connectionError === undefined ? [...maintenance, renewalError ?? []].flat() : [connectionError];
  const remarks = [...errors.map(explain), ...limitations].join(' ');
  return remarks === '' ? undefined : toBoundedText(remarks);
}

function toSyncErrorText(sync: SyncReport, report: Report): string | undefined {
  const failure = toSyncFailure(sync);
  if (failure !== undefined) return toBoundedText(explain(failure));
  const texts = [
    sync.error === undefined ? [] : explain(sync.error.error),
    sync.failures.length === 0 ? [] : listFailures(sync.failures),
    judgeHeld(report)?.message ?? [],
  ].flat();
  return texts.length === 0 ? undefined : toBoundedText(texts.join(' '));
}

/** RFC 3339; null stands for "never". */
export function toTimestamp(date: Date | undefined): Timestamp {
  return date === undefined ? null : toWholeSeconds(date);
}
