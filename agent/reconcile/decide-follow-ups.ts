import type { RunOutcome } from '../pace/pace-state.ts';
import type { RunFacts } from './run-facts.ts';

/** After these people wait for what UCL hands out later: it shows a system minutes before its credentials. */
const awaited: ReadonlySet<string> = new Set(['manual', 'connected']);

/** Whether the next reads come sooner than the schedule. Pure. */
export function decideFollowUps({ requests, sync }: RunFacts): RunOutcome['followUps'] {
  if (requests.isSuspended) return 'end';
  if (sync?.outcome.reached !== 'cluster') return 'keep';
  const { create, update, rename, delete: deleted } = sync.outcome.result.applied;
  return awaited.has(sync.trigger) || create + update + rename + deleted > 0 ? 'begin' : 'keep';
}
