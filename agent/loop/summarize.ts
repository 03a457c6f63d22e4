import type {
  Condition,
  ConditionType,
  ConnectionState,
  ConnectionStatus,
  SystemFailure,
  Timestamp,
} from '../domain/connection.ts';
import type { AgentError } from '../errors/agent-error.ts';
import { explain } from '../errors/explain.ts';
import type { Report, SyncReport } from './report.ts';

const maximalFailures = 20;
const maximalMessageLength = 600;

/**
 * The status of the CompassConnection for what the loop knows: conditions and counts, and the legacy fields, which are
 * filled as before but true (Kubernetes contract 4). Pure. `previous` keeps the transition times and what a restarted
 * agent has not seen itself.
 */
export function summarize(report: Report, previous: ConnectionStatus | undefined, now: Date): ConnectionStatus {
  const { sync, certificate } = report;
  const counts = sync?.counts;
  const held = sync?.held;
  return {
    connectionState: toConnectionState(report, previous),
    connectionStatus: {
      established: toTimestamp(report.established) ?? previous?.connectionStatus.established ?? null,
      renewed: toTimestamp(report.renewed) ?? previous?.connectionStatus.renewed ?? null,
      lastSync: toTimestamp(report.lastCall) ?? previous?.connectionStatus.lastSync ?? null,
      lastSuccess: toTimestamp(report.lastSuccessfulCall) ?? previous?.connectionStatus.lastSuccess ?? null,
      certificateStatus: {
        acquired: toTimestamp(report.acquired) ?? previous?.connectionStatus.certificateStatus?.acquired ?? null,
        notBefore: toTimestamp(certificate?.notBefore),
        notAfter: toTimestamp(certificate?.notAfter),
      },
      ...optional('error', toConnectionErrorText(report)),
    },
    synchronizationStatus: {
      lastAttempt: toTimestamp(sync?.attemptedAt) ?? previous?.synchronizationStatus?.lastAttempt ?? null,
      lastSuccessfulFetch: toTimestamp(sync?.fetchedAt) ?? previous?.synchronizationStatus?.lastSuccessfulFetch ?? null,
      lastSuccessfulApplication:
        toTimestamp(sync?.appliedAt) ?? previous?.synchronizationStatus?.lastSuccessfulApplication ?? null,
      ...optional('error', sync && toSyncErrorText(sync)),
    },
    ...optional('observedGeneration', report.observedGeneration),
    ...optional('runtimeId', report.runtimeId ?? previous?.runtimeId),
    conditions: toConditions(report, previous?.conditions ?? [], now),
    ...optional(
      'applications',
      counts ? { ...counts, summary: `${counts.ready}/${counts.desired}` } : previous?.applications,
    ),
    failures: (sync?.failures ?? []).slice(0, maximalFailures).map(toBounded),
    failuresTotal: sync?.failures.length ?? 0,
    certificate: {
      notBefore: toTimestamp(certificate?.notBefore),
      notAfter: toTimestamp(certificate?.notAfter),
      renewAt: toTimestamp(report.renewAt),
    },
    lastSync: toTimestamp(sync?.attemptedAt) ?? previous?.lastSync ?? null,
    nextSync: toTimestamp(report.nextSync),
    ...optional('lastSyncTrigger', sync?.trigger ?? previous?.lastSyncTrigger),
    ...optional('lastHandledSyncRequest', report.lastHandledSyncRequest),
    ...optional('lastHandledRenewRequest', report.lastHandledRenewRequest),
    prune: {
      ...(held && {
        heldHash: held.hash,
        heldCount: held.applicationNames.length,
        heldSince: toWholeSeconds(new Date(held.sinceMs)),
      }),
      recentRemovals: report.recentRemovals.map(({ atMs, count }) => ({ at: toWholeSeconds(new Date(atMs)), count })),
    },
  };
}

function toConnectionState(report: Report, previous: ConnectionStatus | undefined): ConnectionState {
  if (report.connectionError !== undefined) {
    const wasConnected = report.certificate !== undefined && hasEverSucceeded(report, previous);
    return wasConnected ? 'ConnectionMaintenanceFailed' : 'ConnectionFailed';
  }
  const { sync } = report;
  if (sync === undefined) return previous?.connectionState === 'Synchronized' ? 'Synchronized' : 'Connected';
  switch (sync.error?.during) {
    case 'read':
      return 'SynchronizationFailed';
    case 'apply':
      return 'ResourceApplicationFailed';
    case 'labels':
      return 'MetadataUpdateFailed';
    case undefined:
      return sync.gaps > 0 ? 'SynchronizationFailed' : 'Synchronized';
  }
}

function hasEverSucceeded(report: Report, previous: ConnectionStatus | undefined): boolean {
  return report.lastSuccessfulCall !== undefined || previous?.connectionStatus.lastSuccess != null;
}

type Verdict = Pick<Condition, 'status' | 'reason' | 'message'>;

function toConditions(report: Report, previous: readonly Condition[], now: Date): Condition[] {
  const connected = judgeConnected(report);
  const certificateValid = judgeCertificate(report, now);
  const synchronized = judgeSynchronized(report);
  const verdicts: [ConditionType, Verdict | undefined][] = [
    ['Ready', judgeReady(report, connected, certificateValid, synchronized)],
    ['Connected', connected],
    ['CertificateValid', certificateValid],
    ['Synchronized', synchronized],
    ['Stalled', judgeStalled(report)],
    ['PruneHeld', judgePruneHeld(report)],
  ];
  return verdicts.flatMap(([type, verdict]) => {
    if (verdict === undefined) return [];
    const before = previous.find((condition) => condition.type === type);
    const lastTransitionTime = before?.status === verdict.status ? before.lastTransitionTime : toWholeSeconds(now);
    const { status, reason, message } = verdict;
    return [
      {
        type,
        status,
        reason,
        message: cut(message),
        lastTransitionTime,
        ...optional('observedGeneration', report.observedGeneration),
      },
    ];
  });
}

function judgeConnected({ connectionError, maintenanceError, limitations, runtimeId }: Report): Verdict {
  if (connectionError !== undefined) {
    const verdict = fail(connectionError);
    // What is not permitted may be why: where a list is refused, the object is asked for by its name.
    return { ...verdict, message: [verdict.message, ...limitations].join(' ') };
  }
  const remarks = [...(maintenanceError ? [explain(maintenanceError)] : []), ...limitations].join(' ');
  return {
    status: 'True',
    reason: maintenanceError?.reason ?? (limitations.length > 0 ? 'PermissionMissing' : 'Connected'),
    message: `Connected with UCL as runtime ${runtimeId}.${remarks === '' ? '' : ` ${remarks}`}`,
  };
}

function judgeCertificate({ certificate, renewAt }: Report, now: Date): Verdict {
  if (certificate === undefined) {
    return { status: 'False', reason: 'CertificateMissing', message: 'There is no client certificate yet.' };
  }
  if (!certificate.keyMatches) {
    return { status: 'False', reason: 'KeyMismatch', message: 'The stored key does not belong to the certificate.' };
  }
  if (certificate.notAfter <= now) {
    const message = `The client certificate expired at ${toWholeSeconds(certificate.notAfter)}. A new token in the configuration Secret pairs again; Applications stay meanwhile.`;
    return { status: 'False', reason: 'CertificateExpired', message };
  }
  const renewal = renewAt === undefined ? '' : `; it is renewed from ${toWholeSeconds(renewAt)} on`;
  const message = `The client certificate is valid until ${toWholeSeconds(certificate.notAfter)}${renewal}.`;
  return { status: 'True', reason: 'Valid', message };
}

function judgeSynchronized({ sync, isSuspended }: Report): Verdict {
  if (isSuspended) {
    return {
      status: 'Unknown',
      reason: 'Suspended',
      message: 'The agent is suspended and does nothing until resumed.',
    };
  }
  if (sync === undefined) {
    return { status: 'Unknown', reason: 'NotYetSynchronized', message: 'No sync has run yet.' };
  }
  const error = toSyncFailure(sync);
  if (error !== undefined) return fail(error);
  if (sync.gaps > 0) {
    const message = `${sync.gaps} systems could not be read whole; they are left as they are, and nothing is removed. ${listFailures(sync.failures)}`;
    return { status: 'False', reason: 'ReadIncomplete', message };
  }
  const { ready = 0, desired = 0 } = sync.counts ?? {};
  if (sync.failures.length > 0) {
    const message = `${ready} of ${desired} systems are in the cluster as UCL describes them. ${listFailures(sync.failures)}`;
    return { status: 'False', reason: 'ApplicationsFailed', message };
  }
  const remark = sync.error === undefined ? '' : ` ${explain(sync.error.error)}`;
  return { status: 'True', reason: 'Synchronized', message: `All ${desired} systems are in the cluster.${remark}` };
}

function judgeReady(report: Report, connected: Verdict, certificate: Verdict, synchronized: Verdict): Verdict {
  if (connected.status !== 'True') return { ...connected, status: 'False' };
  if (certificate.status !== 'True') return certificate;
  if (report.isSuspended) return { status: 'True', reason: 'Suspended', message: synchronized.message };
  const isGood = synchronized.status === 'True' || synchronized.reason === 'ApplicationsFailed';
  if (isGood) return { ...synchronized, status: 'True' };
  return { ...synchronized, status: 'False' };
}

function judgeStalled({ connectionError, sync }: Report): Verdict | undefined {
  const error = connectionError ?? sync?.error?.error;
  return error?.next === 'stall' ? { ...fail(error), status: 'True' } : undefined;
}

function judgePruneHeld({ sync }: Report): Verdict | undefined {
  const held = sync?.held;
  if (held === undefined) return undefined;
  const { hash, applicationNames } = held;
  const names = `${applicationNames.slice(0, 5).join(', ')}${applicationNames.length > 5 ? ', ...' : ''}`;
  const message = `UCL no longer assigns ${applicationNames.length} Applications (${names}); so many are removed only when a second read confirms it. To remove exactly these at once, set the annotation compass.kyma-project.io/prune-approved: "${hash}".`;
  return { status: 'True', reason: 'PruneHeld', message };
}

function fail(error: AgentError): Verdict {
  return { status: 'False', reason: error.reason, message: explain(error) };
}

/** On the shipped CRD this is the one place for what is not permitted: the conditions are pruned there. */
function toConnectionErrorText({ connectionError, maintenanceError, limitations }: Report): string | undefined {
  const error = connectionError ?? maintenanceError;
  const remarks = [...(error ? [explain(error)] : []), ...limitations].join(' ');
  return remarks === '' ? undefined : cut(remarks);
}

function toSyncErrorText(sync: SyncReport): string | undefined {
  const texts = [
    ...(sync.error === undefined ? [] : [explain(sync.error.error)]),
    ...(toSyncFailure(sync) !== undefined || sync.failures.length === 0 ? [] : [listFailures(sync.failures)]),
  ];
  return texts.length === 0 ? undefined : cut(texts.join(' '));
}

/** The labels of the runtime in UCL are no part of what the sync makes of the landscape. */
function toSyncFailure({ error }: SyncReport): AgentError | undefined {
  return error?.during === 'labels' ? undefined : error?.error;
}

function listFailures(failures: readonly SystemFailure[]): string {
  const listed = failures.slice(0, 3).map(({ name, reason }) => `${name} (${reason})`);
  const rest = failures.length - listed.length;
  return `Failed: ${listed.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}.`;
}

function toBounded(failure: SystemFailure): SystemFailure {
  return { ...failure, name: failure.name.slice(0, 253), message: cut(failure.message) };
}

function cut(text: string): string {
  return text.length <= maximalMessageLength ? text : `${text.slice(0, maximalMessageLength - 3)}...`;
}

/** Kubernetes writes times with whole seconds; the legacy readers parse that form. */
function toWholeSeconds(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

function toTimestamp(date: Date | undefined): Timestamp {
  return date === undefined ? null : toWholeSeconds(date);
}

function optional<K extends string, T>(key: K, value: T | undefined): { [P in K]?: T } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: T };
}
