import type { Condition } from '../domain/connection-status.ts';
import type { AgentError, Reason } from '../errors/agent-error.ts';
import { explain, toWholeSeconds } from '../errors/explain.ts';
import type { Report } from './report.ts';
import { type ToldFailure, toFailed, type Verdict } from './verdict.ts';

/** After these nothing that UCL said is known. */
const unanswered: ReadonlySet<Reason> = new Set(['CompassUnreachable', 'InvalidAnswer']);

/** Whether UCL gave a good answer the last time that it was asked. Pure. */
export function judgeConnected(report: Report, before: Condition | undefined): Verdict {
  const { maintenance, limitations, runtimeId, lastAnswer } = report;
  const error = report.connectionError ?? findUnanswered(report);
  if (error !== undefined) {
    const verdict = toFailed(withOldestSince(error, before), report);
    // What is not permitted may be why: where a list is refused, the object is asked for by its name.
    return { ...verdict, message: [verdict.message, ...limitations].join(' ') };
  }
  const answered = lastAnswer === undefined ? '' : `; UCL last answered at ${toWholeSeconds(lastAnswer)}`;
  return {
    status: 'True',
    reason: maintenance[0]?.reason ?? (limitations.length > 0 ? 'PermissionMissing' : 'Connected'),
    message: [
      `Connected with UCL as runtime ${runtimeId}${answered}.`,
      ...maintenance.map(explain),
      ...limitations,
    ].join(' '),
  };
}

function findUnanswered({ sync, isSuspended }: Report): AgentError | undefined {
  const failed = sync?.error;
  return !isSuspended && failed?.during === 'read' && unanswered.has(failed.error.reason) ? failed.error : undefined;
}

/** A restart, or another text of the same trouble, is no new beginning. */
function withOldestSince(error: AgentError, before: Condition | undefined): ToldFailure {
  const began = before?.status === 'False' ? new Date(before.lastTransitionTime) : undefined;
  if (error.since === undefined || began === undefined || !(began < error.since)) return error;
  const { reason, message, next, remedy, nextTryAt } = error;
  return { reason, message, next, remedy, nextTryAt, since: began };
}
