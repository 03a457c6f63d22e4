import type { SystemFailure } from '../domain/connection-status.ts';
import type { Landscape } from '../domain/landscape.ts';
import type { AgentError } from '../errors/agent-error.ts';
import type { HeldRemovals, PruneMemory } from './deletion-policy.ts';
import type { SyncFacts, SyncResult } from './sync-facts.ts';

/** The last sync, and the last of each step that went well. */
export interface SyncReport {
  readonly attemptedAt: Date;
  readonly trigger: string;
  /** Why the read, or the application to the cluster as a whole, failed. */
  readonly error: { readonly during: 'read' | 'apply' | 'labels'; readonly error: AgentError } | undefined;
  readonly fetchedAt: Date | undefined;
  readonly appliedAt: Date | undefined;
  readonly counts: { readonly desired: number; readonly ready: number; readonly failed: number } | undefined;
  readonly failures: readonly SystemFailure[];
  readonly gaps: number;
  readonly held: HeldRemovals | undefined;
}

/** What outlives a sync. */
export interface SyncMemory {
  /** undefined: none has run yet. */
  readonly last: SyncReport | undefined;
  /** The last complete read, by which drift is mended; undefined when nobody vouches for one. */
  readonly landscape: Landscape | undefined;
  readonly prune: PruneMemory;
}

export const emptySyncMemory: SyncMemory = { last: undefined, landscape: undefined, prune: { removals: [] } };

/** The memory after a sync. Pure. */
export function rememberSync(memory: SyncMemory, facts: SyncFacts): SyncMemory {
  const { attemptedAt, trigger, outcome, prune } = facts;
  const before = memory.last;
  const base = {
    attemptedAt,
    trigger,
    fetchedAt: before?.fetchedAt,
    appliedAt: before?.appliedAt,
    counts: before?.counts,
    failures: before?.failures ?? [],
    gaps: before?.gaps ?? 0,
    held: before?.held,
  };
  if (outcome.reached === 'nothing') {
    return { ...memory, prune, last: { ...base, error: { during: 'read', error: outcome.error } } };
  }
  const landscape = outcome.landscape.gaps.length === 0 ? outcome.landscape : memory.landscape;
  if (outcome.reached === 'read') {
    const { error, fetchedAt } = outcome;
    return { landscape, prune, last: { ...base, fetchedAt, error: { during: 'apply', error } } };
  }
  const { fetchedAt, appliedAt, result, labelError } = outcome;
  const error = labelError && ({ during: 'labels', error: labelError } as const);
  return { landscape, prune, last: { ...base, ...toOutcome(result), fetchedAt, appliedAt, error } };
}

/** The memory after drift was mended: newer counts, and everything else of the last sync. Pure. */
export function rememberDrift(memory: SyncMemory, result: SyncResult): SyncMemory {
  const { last } = memory;
  if (last === undefined) return { ...memory, prune: result.prune };
  const drifted = { ...last, ...toOutcome(result), held: result.held ?? last.held };
  return { ...memory, prune: result.prune, last: drifted };
}

/** The last read belongs to another runtime, or nobody vouches for it any more. Pure. */
export function forgetLandscape(memory: SyncMemory): SyncMemory {
  return memory.landscape === undefined ? memory : { ...memory, landscape: undefined };
}

/** What a restarted agent must know of the removals of its former life. Pure. */
export function recallRemovals(stored: readonly { readonly at: string; readonly count: number }[]): SyncMemory {
  const removals = stored.map(({ at, count }) => ({ atMs: Date.parse(at), count }));
  return { ...emptySyncMemory, prune: { removals: removals.filter(({ atMs }) => Number.isFinite(atMs)) } };
}

/** How many systems there are, and how many of them failed, each counted once. Pure. */
export function countSystems({ desired, failures }: Pick<SyncResult, 'desired' | 'failures'>) {
  const failed = new Set(failures.map(({ applicationId }) => applicationId)).size;
  return { desired, failed, ready: Math.max(desired - failed, 0) };
}

function toOutcome(result: SyncResult) {
  const { failures, gaps, held } = result;
  return { counts: countSystems(result), failures, gaps, held };
}
