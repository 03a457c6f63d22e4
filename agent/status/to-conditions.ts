import { annotations } from '../domain/annotations.ts';
import { type ConditionType, listedConditionTypes } from '../domain/condition-types.ts';
import type { Condition } from '../domain/connection-status.ts';
import { toCount } from '../domain/to-count.ts';
import type { AgentError } from '../errors/agent-error.ts';
import { explain, toWholeSeconds } from '../errors/explain.ts';
import type { AnyReason } from '../errors/reasons.ts';
import type { HeldRemoval } from '../sync/sync-facts.ts';
import type { SyncReport } from '../sync/sync-memory.ts';
import { listFailures } from './list-failures.ts';
import { optional } from './optional.ts';
import type { Report } from './report.ts';
import { toBoundedText } from './to-bounded-text.ts';

interface Verdict {
  readonly status: Condition['status'];
  readonly reason: AnyReason;
  readonly message: string;
}

/** The conditions for what the agent knows. Pure. `previous` keeps the times of transition. */
export function toConditions(report: Report, previous: readonly Condition[], now: Date): Condition[] {
  const connected = judgeConnected(report);
  const certificateValid = judgeCertificate(report, now);
  const synchronized = judgeSynchronized(report);
  const held = judgePruneHeld(report);
  const verdicts: Record<ConditionType, Verdict | undefined> = {
    Ready: judgeReady(report, { connected, certificate: certificateValid, synchronized, held }),
    Connected: connected,
    CertificateValid: certificateValid,
    Synchronized: synchronized,
    Stalled: judgeStalled(report),
    PruneHeld: held,
  };
  return listedConditionTypes.flatMap((type) => {
    const verdict = verdicts[type];
    if (verdict === undefined) return [];
    const before = previous.find((condition) => condition.type === type);
    const lastTransitionTime = before?.status === verdict.status ? before.lastTransitionTime : toWholeSeconds(now);
    const { status, reason, message } = verdict;
    return [
      {
        type,
        status,
        reason,
        message: toBoundedText(message),
        lastTransitionTime,
        ...optional('observedGeneration', report.observedGeneration),
      },
    ];
  });
}

function judgeConnected({ connectionError, maintenance, limitations, runtimeId }: Report): Verdict {
  if (connectionError !== undefined) {
    const verdict = fail(connectionError);
    // What is not permitted may be why: where a list is refused, the object is asked for by its name.
    return { ...verdict, message: [verdict.message, ...limitations].join(' ') };
  }
  const remarks = [...maintenance.map(explain), ...limitations];
  return {
    status: 'True',
    reason: maintenance[0]?.reason ?? (limitations.length > 0 ? 'PermissionMissing' : 'Connected'),
    message: [`Connected with UCL as runtime ${runtimeId}.`, ...remarks].join(' '),
  };
}

function judgeCertificate({ certificate, renewAt, connectionError }: Report, now: Date): Verdict {
  if (certificate === undefined) {
    return { status: 'False', reason: 'CertificateMissing', message: 'There is no client certificate yet.' };
  }
  if (!certificate.keyMatches) {
    return { status: 'False', reason: 'KeyMismatch', message: 'The stored key does not belong to the certificate.' };
  }
  if (certificate.notAfter <= now) {
    const expired = `The client certificate expired at ${toWholeSeconds(certificate.notAfter)}`;
    const next = 'A new token in the configuration Secret pairs again; Applications stay meanwhile.';
    const message =
      connectionError === undefined
        ? `${expired}, by the clock of the cluster, and the agent goes on with it until UCL refuses it. Check that clock. ${next}`
        : `${expired}. ${next}`;
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
  const remarks = [
    ...(sync.error === undefined ? [] : [explain(sync.error.error)]),
    ...sync.terminating.map(
      ({ name, finalizers }) =>
        `Application ${name} is being deleted and waits for ${finalizers.join(', ') || 'its end'}.`,
    ),
    ...sync.remarks,
  ];
  if (sync.failures.length > 0) {
    const most = `${ready} of ${desired} systems are in the cluster as UCL describes them. ${listFailures(sync.failures)}`;
    return { status: 'False', reason: 'ApplicationsFailed', message: [most, ...remarks].join(' ') };
  }
  const all =
    desired === 0
      ? 'UCL assigns no systems to this runtime.'
      : desired === 1
        ? 'The 1 system that UCL assigns is in the cluster.'
        : `All ${desired} systems are in the cluster.`;
  return { status: 'True', reason: 'Synchronized', message: [all, ...remarks].join(' ') };
}

interface Judged {
  readonly connected: Verdict;
  readonly certificate: Verdict;
  readonly synchronized: Verdict;
  readonly held: Verdict | undefined;
}

function judgeReady(report: Report, { connected, certificate, synchronized, held }: Judged): Verdict {
  if (connected.status !== 'True') return { ...connected, status: 'False' };
  if (certificate.status !== 'True') return certificate;
  if (report.isSuspended) return { status: 'True', reason: 'Suspended', message: synchronized.message };
  if (held !== undefined && synchronized.status === 'True') return held;
  const isGood = synchronized.status === 'True' || synchronized.reason === 'ApplicationsFailed';
  return { ...synchronized, status: isGood ? 'True' : 'False' };
}

function judgeStalled({ connectionError, sync }: Report): Verdict | undefined {
  const error = connectionError ?? sync?.error?.error;
  return error?.next === 'stall' ? { ...fail(error), status: 'True' } : undefined;
}

function judgePruneHeld({ sync, removedLately }: Report): Verdict | undefined {
  const holds = sync?.held ?? [];
  if (holds.length === 0) return undefined;
  const lately =
    removedLately > 0 ? ` Within the last hour ${toCount(removedLately)} went already, and they count too.` : '';
  return { status: 'True', reason: 'PruneHeld', message: `${holds.map(describeHold).join(' ')}${lately}` };
}

function describeHold({ id, applicationNames, actsAt }: HeldRemoval): string {
  const names = `${applicationNames.slice(0, 5).join(', ')}${applicationNames.length > 5 ? ', ...' : ''}`;
  const when =
    actsAt === undefined
      ? 'removed only when a person approves it'
      : `removed at ${toWholeSeconds(actsAt)} at the earliest, if UCL still lacks them then`;
  return `UCL no longer assigns ${toCount(applicationNames.length)} (${names}); so many are ${when}. To remove exactly these at once, set the annotation ${annotations.pruneApproved}: "${id}".`;
}

function fail(error: AgentError): Verdict {
  return { status: 'False', reason: error.reason, message: explain(error) };
}

/** Why the systems are not in the cluster; the labels of the runtime in UCL are no part of that. */
export function toSyncFailure({ error }: SyncReport): AgentError | undefined {
  return error?.during === 'labels' ? undefined : error?.error;
}
