import type { Landscape } from '../domain/landscape.ts';
import { AgentError, toAgentError } from '../errors/agent-error.ts';
import type { Instant } from '../time/time.ts';
import type { Action } from './action.ts';
import {
  decideRemovals,
  type EndedHold,
  emptyPruneMemory,
  intendRemovals,
  judgeSize,
  nameOfKey,
  type PruneMemory,
  permitRemovals,
  toRemovedKeys,
  withoutAnyDeletion,
  withoutAssigned,
  withoutReturned,
} from './deletion-policy.ts';
import { type Hold, type Moment, nextLook, toActAt } from './holds.ts';
import type { Plan } from './plan-sync.ts';
import type { LandscapeSource } from './ports.ts';
import type { HeldRemoval, PruneResult } from './sync-facts.ts';
import type { SyncInput, SyncParts, SyncSettings } from './sync-parts.ts';

/** A removal that is due and could not be made sure of, also since the read had gaps, is looked at again so much later. */
const errorPauseMs = 60_000;

/** What may be removed with one read of UCL. It is found out once, before anything of the read is applied. */
export interface Permission {
  readonly allowed: ReadonlySet<string>;
  readonly ended: readonly EndedHold[];
  readonly skipped: number;
  /** The read before had none: the next one comes at once. A border that keeps moving waits for the schedule. */
  readonly isFirstSkip: boolean;
  readonly error: PruneResult['error'];
  /** The read had no gaps, so that the holds have moved on with it. */
  readonly isComplete: boolean;
  /** As it was before the removals that are permitted now. */
  readonly memory: PruneMemory;
  readonly moment: Moment;
}

interface PermitInput extends Pick<SyncInput, 'memory' | 'approvedIds' | 'keepPrune'> {
  readonly source: Pick<LandscapeSource, 'readIds'>;
  readonly plan: Plan;
  readonly landscape: Landscape;
  readonly startedAt: Instant;
}

/**
 * Asks the guard; then UCL, in one request, whether it lacks these systems too; then stores what will be removed, so
 * that a death on the way cannot make a large removal look like many small ones. Where one of these fails, nothing is
 * removed this time.
 */
export async function permit(
  input: PermitInput,
  { settings, time }: Pick<SyncParts, 'settings' | 'time'>,
  signal: AbortSignal,
): Promise<Permission> {
  const { plan, memory, landscape } = input;
  const moment = { now: time.now(), instant: time.instant() };
  const isComplete = landscape.gaps.length === 0;
  const decision = decideRemovals({
    plan,
    readSince: input.startedAt,
    moment,
    isComplete,
    policy: settings.prunePolicy,
    holdMs: settings.holdMs,
    approvedIds: input.approvedIds,
    memory: memory.prune,
  });
  const { allowed, ended } = decision;
  const none = { allowed: new Set<string>(), ended: [], skipped: 0, isFirstSkip: false, error: undefined };
  const nothing = { ...none, isComplete, moment };
  let during: 'read' | 'apply' = 'read';
  let assigned: ReadonlySet<string> = new Set();
  try {
    assigned = await findAssigned(input, allowed, signal);
    const confirmed = new Set([...allowed].filter((key) => !assigned.has(key)));
    const skipped = allowed.size - confirmed.size;
    const known = withoutReturned(decision.memory, assigned);
    during = 'apply';
    const removals = permitRemovals(plan.actions, confirmed).flatMap(toRemovedKeys).length;
    // Stored with the intent; kept without it until it is known how many really went.
    if (removals > 0) await input.keepPrune(intendRemovals(known, removals, moment), signal);
    const isFirstSkip = skipped > 0 && (memory.last?.skipped ?? 0) === 0;
    return { ...nothing, allowed: confirmed, ended, skipped, isFirstSkip, memory: known };
  } catch (error: unknown) {
    signal.throwIfAborted();
    // The holds stay as they were before this read, but for what UCL assigns: they are not over until they could be acted upon.
    return {
      ...nothing,
      memory: withoutReturned(withoutAssigned(memory.prune, landscape), assigned),
      error: { during, error: toAgentError(error, 'Making sure of a removal') },
    };
  }
}

/** What of a plan may be applied with a read of UCL: one with gaps removes nothing. Pure. */
export function selectPermitted(
  { actions }: Pick<Plan, 'actions'>,
  { gaps }: Pick<Landscape, 'gaps'>,
  { allowed }: Pick<Permission, 'allowed'>,
): Action[] {
  return gaps.length > 0 ? withoutAnyDeletion(actions) : permitRemovals(actions, allowed);
}

/**
 * The Applications whose systems the pages lack and the ids have: only what both lack may go. A rename's leftover may: its
 * system is known and has its new Application. The ids are read only when something may go.
 * @throws AgentError `LandscapeMoving` for ids that contradict the pages.
 */
async function findAssigned(
  { plan, landscape, source }: PermitInput,
  allowed: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  // As in almost every sync: the landscape need not be gone through.
  if (allowed.size === 0) return new Set();
  const present = new Set(landscape.applications.map(({ id }) => id));
  const leaving = plan.actions.filter(({ applicationId }) => !present.has(applicationId));
  if (!leaving.flatMap(toRemovedKeys).some((key) => allowed.has(key))) return new Set();
  const ids = await source.readIds(signal);
  const lacking = [...present].filter((id) => !ids.has(id)).length;
  if (judgeSize(lacking, present.size) !== undefined) throw contradiction(lacking, present.size);
  return new Set(leaving.filter(({ applicationId }) => ids.has(applicationId)).flatMap(toRemovedKeys));
}

/** An answer without the systems that the one before it held says nothing of those that both lack. */
function contradiction(lacking: number, present: number): AgentError {
  const message = `The ids of the systems lack ${lacking} of ${present} systems that UCL had given just before`;
  return new AgentError('LandscapeMoving', message, {
    next: 'retry',
    remedy: 'Nothing was removed. The agent tries again by itself.',
  });
}

/** What came of the permission, once the Applications of the keys `removed` are gone. */
export function toPruneResult(
  permission: Permission | undefined,
  removed: readonly string[],
  { settings: { holdMs }, time }: Pick<SyncParts, 'time'> & { readonly settings: Pick<SyncSettings, 'holdMs'> },
): PruneResult {
  const {
    allowed = new Set<string>(),
    memory = emptyPruneMemory,
    moment,
    ended = [],
    skipped = 0,
    isFirstSkip = false,
    error,
  } = permission ?? {};
  const gone = new Set(removed);
  const doubtful = [...allowed].filter((key) => !gone.has(key));
  const isStuck = error !== undefined || permission?.isComplete === false;
  const now = { now: time.now(), instant: time.instant() };
  const looks = memory.holds.map((hold) => nextLook(hold, holdMs)).filter((look) => look !== undefined);
  if (isFirstSkip) looks.push(now.instant);
  const notBefore = isStuck ? now.instant + errorPauseMs : Number.NEGATIVE_INFINITY;
  return {
    memory: intendRemovals(memory, gone.size + doubtful.length, moment ?? now, doubtful),
    held: memory.holds.map((hold) => toHeldRemoval(hold, toActAt(hold, now, holdMs))),
    ended,
    skipped,
    error,
    nextLook: looks.length === 0 ? undefined : Math.max(Math.min(...looks), notBefore),
  };
}

function toHeldRemoval({ id, keys, since }: Hold, actsAt: Date | undefined): HeldRemoval {
  return { id, applicationNames: keys.map(nameOfKey).sort(), since, actsAt };
}
