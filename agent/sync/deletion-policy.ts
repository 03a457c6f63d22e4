import { createHash } from 'node:crypto';
import type { Instant } from '../time/time.ts';
import { type Action, removesApplication, type Step } from './action.ts';
import type { Plan } from './plan-sync.ts';

/**
 * The permission to delete: a filter over a computed plan. A wrongly deleted Application cuts a customer's business
 * off, while leaving a formation is legitimate; so a large removal is delayed, never refused for ever.
 */

const smallRemoval = 5;
const recentRemovalsWindowMs = 60 * 60 * 1000;

/** What the guard remembers between reads. */
export interface PruneMemory {
  /** A removal that waits for a second read with the same set of systems. */
  readonly held?: {
    readonly hash: string;
    readonly landscapeHash: string;
    readonly since: Date;
    readonly sinceInstant: Instant;
  };
  /** Removals carried out, for the sum over an hour; wall clock, since a restart must not forget them. */
  readonly removals: readonly { readonly atMs: number; readonly count: number }[];
}

export interface PruneInput {
  readonly plan: Plan;
  /** Ids of all systems in this read. */
  readonly landscapeIds: readonly string[];
  /** Whether the read had no gaps. */
  readonly isComplete: boolean;
  readonly policy: 'sync' | 'upsert-only';
  readonly now: Date;
  /** When this read began. */
  readonly instant: Instant;
  /** The second read must begin at least that long after the first. */
  readonly confirmationMs: number;
  /** false: an earlier read is applied again, which can confirm nothing. */
  readonly isFreshRead: boolean;
  /** Hash that a person approved by annotation. */
  readonly approvedHash: string | undefined;
  readonly memory: PruneMemory;
}

/** Removals that wait; `hash` names exactly this set, for the approval. */
export interface HeldRemovals {
  readonly hash: string;
  readonly applicationNames: readonly string[];
  readonly since: Date;
}

export interface PruneDecision {
  /** The actions that may be applied. */
  readonly actions: readonly Action[];
  readonly held: HeldRemovals | undefined;
  readonly memory: PruneMemory;
}

/** Which of the plan's actions may be applied. Pure; the caller keeps `memory` and adds what was removed in the end. */
export function decideRemovals(input: PruneInput): PruneDecision {
  const { plan, memory } = input;
  const recent = memory.removals.filter(({ atMs }) => input.now.getTime() - atMs < recentRemovalsWindowMs);
  if (!input.isComplete)
    return {
      actions: plan.actions.flatMap(withoutDeletions),
      held: undefined,
      memory: { ...memory, removals: recent },
    };
  const withoutRemovals = () => plan.actions.flatMap(withoutApplicationRemoval);
  if (input.policy === 'upsert-only') {
    return { actions: withoutRemovals(), held: undefined, memory: { removals: recent } };
  }
  const removing = plan.actions.filter(removesApplication);
  // Somebody who deletes one of the held Applications by hand must not make the rest look like a small removal.
  const isHeldStill = memory.held !== undefined && !input.isFreshRead && removing.length > 0;
  if (!isHeldStill && !isLarge(removing.length, plan.ownedCount, recent)) {
    return { actions: plan.actions, held: undefined, memory: { removals: recent } };
  }
  const hash = toHash(removing.flatMap(toRemovedKeys));
  const landscapeHash = toHash(input.landscapeIds);
  const isApproved = input.approvedHash === hash;
  const isRepeated = memory.held?.hash === hash && memory.held.landscapeHash === landscapeHash;
  const { since, sinceInstant } =
    isRepeated && memory.held ? memory.held : { since: input.now, sinceInstant: input.instant };
  const isConfirmed = isRepeated && input.isFreshRead && input.instant - sinceInstant >= input.confirmationMs;
  if (isApproved || isConfirmed) {
    return { actions: plan.actions, held: undefined, memory: { removals: recent } };
  }
  return {
    actions: withoutRemovals(),
    held: { hash, applicationNames: removing.flatMap(toRemovedNames), since },
    memory: { held: { hash, landscapeHash, since, sinceInstant }, removals: recent },
  };
}

/** The memory after `count` Applications were removed. */
export function rememberRemovals(memory: PruneMemory, count: number, at: Date): PruneMemory {
  return count === 0 ? memory : { ...memory, removals: [...memory.removals, { atMs: at.getTime(), count }] };
}

/** All of two or more, or more than five that are also more than half, of what there was an hour ago. */
function isLarge(removing: number, owned: number, recent: PruneMemory['removals']): boolean {
  if (removing === 0) return false;
  const removedBefore = recent.reduce((sum, { count }) => sum + count, 0);
  const total = removing + removedBefore;
  if (total >= 2 && removing >= owned) return true;
  return total > smallRemoval && total > (owned + removedBefore) / 2;
}

function toRemovedNames({ steps }: Action): string[] {
  return steps.flatMap((step) => (step.do === 'delete-application' ? [step.name] : []));
}

/** A rename's leftover is told from a removal of the same system by its name. */
function toRemovedKeys(action: Action): string[] {
  return toRemovedNames(action).map((name) => `${action.applicationId}/${name}`);
}

function toHash(keys: readonly string[]): string {
  return createHash('sha256')
    .update([...keys].sort().join('\n'))
    .digest('hex')
    .slice(0, 12);
}

/** A rename that may not remove yet keeps what it creates, beside the old Application; a mere removal has nothing left. */
function withoutApplicationRemoval(action: Action): Action[] {
  return removesApplication(action) ? withoutDeletions(action) : [action];
}

function withoutDeletions(action: Action): Action[] {
  const steps = action.steps.filter(isWrite);
  return steps.length === 0 ? [] : [{ ...action, steps }];
}

function isWrite(step: Step): boolean {
  return step.do !== 'delete-application' && step.do !== 'delete-secret';
}
