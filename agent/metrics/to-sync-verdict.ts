import type { SyncFacts } from '../sync/sync-facts.ts';

export type SyncVerdict = 'success' | 'partial' | 'failure';

/** What a sync counts as: `partial` where UCL was read and applied, and something of it failed on its own. Pure. */
export function toSyncVerdict({ outcome }: SyncFacts): SyncVerdict {
  if (outcome.reached !== 'cluster') return 'failure';
  const { result, prune, labelError } = outcome;
  const isWhole =
    result.failures.length === 0 && result.gaps === 0 && prune.error === undefined && labelError === undefined;
  return isWhole ? 'success' : 'partial';
}
