import { type ConditionType, listedConditionTypes } from '../domain/condition-types.ts';
import type { Condition } from '../domain/connection-status.ts';
import { toWholeSeconds } from '../errors/explain.ts';
import { judgeCertificate } from './judge-certificate.ts';
import { judgeConnected } from './judge-connected.ts';
import { judgeHeld } from './judge-held.ts';
import { judgeReady } from './judge-ready.ts';
import { judgeSynchronized } from './judge-synchronized.ts';
import { optional } from './optional.ts';
import type { Report } from './report.ts';
import { toBoundedText } from './to-bounded-text.ts';
import { toFailed, type Verdict } from './verdict.ts';

/** The conditions for what the agent knows. Pure. `previous` keeps the times of transition. */
export function toConditions(report: Report, previous: readonly Condition[], now: Date): Condition[] {
  const find = (type: ConditionType) => previous.find((condition) => condition.type === type);
  const connected = judgeConnected(report, find('Connected'));
  const certificate = judgeCertificate(report, now);
  const synchronized = judgeSynchronized(report);
  const held = judgeHeld(report);
  const verdicts: Record<ConditionType, Verdict | undefined> = {
    Ready: judgeReady(report, { connected, certificate, synchronized, held }, now),
    Connected: connected,
    CertificateValid: certificate,
    Synchronized: synchronized,
    Reconciling: judgeReconciling(report),
    Stalled: judgeStalled(report),
    PruneHeld: held,
  };
  return listedConditionTypes.flatMap((type) => {
    const verdict = verdicts[type];
    if (verdict === undefined) return [];
    const before = find(type);
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

/** For kstatus and whoever waits: what is wanted is not there yet, and is worked on. */
function judgeReconciling({ workingSince }: Report): Verdict | undefined {
  if (workingSince === undefined) return undefined;
  const message = `A sync that began at ${toWholeSeconds(workingSince)} is under way. The rest of this status is that of the sync before.`;
  return { status: 'True', reason: 'Synchronizing', message };
}

function judgeStalled(report: Report): Verdict | undefined {
  const error = report.connectionError ?? report.sync?.error?.error;
  return error?.next === 'stall' ? { ...toFailed(error, report), status: 'True' } : undefined;
}
