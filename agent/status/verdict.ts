import type { Condition } from '../domain/connection-status.ts';
import type { AgentError } from '../errors/agent-error.ts';
import { explain, toWholeSeconds } from '../errors/explain.ts';
import type { AnyReason } from '../errors/reasons.ts';
import type { Report } from './report.ts';

/** What a condition says, without its times. */
export interface Verdict {
  readonly status: Condition['status'];
  readonly reason: AnyReason;
  readonly message: string;
}

/** What a condition needs of a failure. */
export type ToldFailure = Pick<AgentError, 'reason' | 'message' | 'next' | 'remedy' | 'since' | 'nextTryAt'>;

/** A failure as a condition says it: fact, cause, what stays and when the agent tries again. */
export function toFailed(
  error: ToldFailure,
  { nextSync, lastSuccess }: Pick<Report, 'nextSync' | 'lastSuccess'>,
): Verdict {
  const isTriedAgain = error.next !== 'stall' && error.nextTryAt === undefined && nextSync !== undefined;
  const kept = lastSuccess === undefined ? [] : ['The Applications stay as they are.'];
  const next = isTriedAgain ? [`The next try is at ${toWholeSeconds(nextSync)}.`] : [];
  return { status: 'False', reason: error.reason, message: [explain(error), ...kept, ...next].join(' ') };
}
