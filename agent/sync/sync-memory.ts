import type { SystemFailure } from '../domain/connection-status.ts';
import type { Landscape } from '../domain/landscape.ts';
import type { AgentError } from '../errors/agent-error.ts';
import { emptyPruneMemory, type PruneMemory, withoutAssigned } from './deletion-policy.ts';
import type { TerminatingApplication } from './plan-sync.ts';
import type { Refusals } from './refusals.ts';
import type { Rivalries } from './rivalries.ts';
import type { HeldRemoval, LeavingApplication, SyncFacts, SyncResult } from './sync-facts.ts';

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
  readonly remarks: readonly string[];
  readonly gaps: number;
  readonly held: readonly HeldRemoval[];
  readonly terminating: readonly TerminatingApplication[];
  /** Systems that its pages lacked and that UCL assigns all the same. */
  readonly skipped: number;
}

/** What outlives a sync. */
export interface SyncMemory {
  /** undefined: none has run yet. */
  readonly last: SyncReport | undefined;
  /**
   * What is known of UCL, each system by the newest read that had it whole: drift is mended towards that. undefined when
   * nobody vouches for it.
   */
  readonly landscape: Landscape | undefined;
  readonly prune: PruneMemory;
  /** Objects that somebody changes back, and those that were written lately. */
  readonly rivalries: Rivalries;
  /** Objects whose write was refused, and what was in it. */
  readonly refusals: Refusals;
  /** Applications on their way out, to notice when they are gone. */
  readonly leaving: readonly LeavingApplication[];
}

export const emptySyncMemory: SyncMemory = {
  last: undefined,
  landscape: undefined,
  prune: emptyPruneMemory,
  rivalries: new Map(),
  refusals: new Map(),
  leaving: [],
};

/** The memory after a sync. Pure. */
export function rememberSync(memory: SyncMemory, facts: SyncFacts): SyncMemory {
  const { attemptedAt, trigger, outcome } = facts;
  const before = memory.last;
  const base = {
    attemptedAt,
    trigger,
    fetchedAt: before?.fetchedAt,
    appliedAt: before?.appliedAt,
    counts: before?.counts,
    failures: before?.failures ?? [],
    remarks: before?.remarks ?? [],
    gaps: before?.gaps ?? 0,
    held: before?.held ?? [],
    terminating: before?.terminating ?? [],
    skipped: 0,
  };
  if (outcome.reached === 'nothing') {
    return { ...memory, last: { ...base, error: { during: 'read', error: outcome.error } } };
  }
  const landscape = toNewestKnowledge(memory.landscape, outcome.landscape);
  if (outcome.reached === 'read') {
    const { error, fetchedAt } = outcome;
    const prune = withoutAssigned(memory.prune, outcome.landscape);
    return { ...memory, prune, landscape, last: { ...base, fetchedAt, error: { during: 'apply', error } } };
  }
  const { fetchedAt, appliedAt, result, prune, labelError } = outcome;
  return {
    landscape,
    prune: prune.memory,
    rivalries: result.rivalries,
    refusals: result.refusals,
    leaving: result.leaving,
    last: {
      ...base,
      ...toOutcome(result),
      held: prune.held,
      skipped: prune.skipped,
      fetchedAt,
      appliedAt,
      error: toError(prune.error, labelError),
    },
  };
}

function toError(pruneError: SyncReport['error'], labelError: AgentError | undefined): SyncReport['error'] {
  if (pruneError !== undefined) return pruneError;
  return labelError && { during: 'labels', error: labelError };
}

/** A read is newer knowledge of every system that it holds whole; what it could not read stays as it was known. Pure. */
function toNewestKnowledge(known: Landscape | undefined, read: Landscape): Landscape {
  const unread = new Set(read.gaps.map(({ applicationId }) => applicationId));
  const kept = (known?.applications ?? []).filter(({ id }) => unread.has(id));
  return kept.length === 0 ? read : { ...read, applications: [...read.applications, ...kept] };
}

/**
 * The memory after drift was mended: newer counts, and everything else of the last sync. What failed of systems that UCL no
 * longer assigns, or whose former Application is still there, stays: drift removes nothing, so it cannot have been made up
 * for. Pure.
 */
export function rememberDrift(memory: SyncMemory, result: SyncResult): SyncMemory {
  const { last, landscape } = memory;
  if (last === undefined) return memory;
  const assigned = new Set(landscape?.applications.map(({ id }) => id));
  const seen = new Set(result.failures.map(toFailureKey));
  const leftBehind = new Set(result.leftBehind);
  const unsettled = last.failures.filter(
    (failure) =>
      (!assigned.has(failure.applicationId) || leftBehind.has(failure.applicationId)) &&
      !seen.has(toFailureKey(failure)),
  );
  const outcome = toOutcome({ ...result, failures: [...result.failures, ...unsettled] });
  const { rivalries, refusals, leaving } = result;
  return { ...memory, rivalries, refusals, leaving, last: { ...last, ...outcome } };
}

function toFailureKey({ applicationId, name, reason }: SystemFailure): string {
  return `${applicationId}/${name}/${reason}`;
}

/** The last read belongs to another runtime, or nobody vouches for it any more. Pure. */
export function forgetLandscape(memory: SyncMemory): SyncMemory {
  return memory.landscape === undefined ? memory : { ...memory, landscape: undefined };
}

/** How many systems there are, and how many of them failed, each counted once. Pure. */
export function countSystems({ desired, failures }: Pick<SyncResult, 'desired' | 'failures'>) {
  const failed = new Set(failures.map(({ applicationId }) => applicationId)).size;
  return { desired, failed, ready: Math.max(desired - failed, 0) };
}

function toOutcome(result: SyncResult) {
  const { failures, remarks, gaps, terminating } = result;
  return { counts: countSystems(result), failures, remarks, gaps, terminating };
}
