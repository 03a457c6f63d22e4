import type { Landscape } from '../domain/landscape.ts';
import type { Instant } from '../time/time.ts';
import { type Action, removesApplication, type Step } from './action.ts';
import {
  beginHold,
  followClock,
  type Hold,
  type HoldTime,
  isOver,
  type Moment,
  resumeHold,
  type StoredHold,
  toPresentTime,
} from './holds.ts';
import type { Plan } from './plan-sync.ts';

/**
 * The permission to delete. A wrongly deleted Application cuts a customer's business off, while leaving a formation is
 * legitimate; so a large removal is delayed, never refused for ever. It is decided once a read, against what was there
 * before the read was applied.
 */

const smallRemoval = 5;
const recentRemovalsWindowMs = 60 * 60 * 1000;

/** What the guard remembers between reads, and between lives. */
export interface PruneMemory {
  readonly holds: readonly Hold[];
  /** Holds of a former life, until the first read of this one. */
  readonly earlier: readonly StoredHold[];
  /** Applications removed, for the sum over an hour. */
  readonly removals: readonly Removal[];
  /** What a former life has noted is gone, until the first read of this one. */
  readonly isNoteLost?: boolean;
  /** This life has paired for the first time: where nothing of ours is there either, there was no former life. */
  readonly isNew?: boolean;
}

export interface Removal {
  /** By the wall clock, for the next life. */
  readonly at: Date;
  /** By the monotonic clock of this life, which no setting of the wall clock makes forget it; undefined: a former one removed. */
  readonly instant: Instant | undefined;
  readonly count: number;
  /**
   * Those of them, by {@link toRemovedKeys}, whose deletion was permitted and not confirmed: an answer that got lost. They
   * count until a plan shows that they are still there.
   */
  readonly doubtful?: readonly string[];
  /** Nobody knows what was removed: so many may have been. */
  readonly isAssumed?: boolean;
}

export const emptyPruneMemory: PruneMemory = { holds: [], earlier: [], removals: [] };

export interface PruneInput {
  readonly plan: Pick<Plan, 'actions' | 'removableCount' | 'desiredCount'>;
  /** Whether the read had no gaps. */
  readonly isComplete: boolean;
  readonly policy: 'sync' | 'upsert-only';
  readonly holdMs: HoldTime;
  /** When this read began: a hold must have passed by then. */
  readonly readSince: Instant;
  /** When it had come: from then a hold counts that it begins or confirms, so that a slow answer makes none shorter. */
  readonly moment: Moment;
  /** Ids of the holds that a person approved by annotation. */
  readonly approvedIds: readonly string[];
  readonly memory: PruneMemory;
}

/** A hold that ended with this read, and why. */
export interface EndedHold {
  readonly id: string;
  readonly count: number;
  readonly by: 'approval' | 'time';
}

export interface PruneDecision {
  /** The Applications that may be removed, by {@link toRemovedKeys}. */
  readonly allowed: ReadonlySet<string>;
  readonly ended: readonly EndedHold[];
  /** What the guard remembers, before anything of it is carried out. */
  readonly memory: PruneMemory;
}

/** Which Applications of the plan may be removed. Pure. */
export function decideRemovals(input: PruneInput): PruneDecision {
  const { plan, moment, memory, holdMs } = input;
  const removing = new Set(plan.actions.flatMap(toRemovedKeys));
  const assumed = isRemovedUnknown(plan, memory) ? [assumeRemoval(plan, moment)] : [];
  const removals = [...memory.removals, ...assumed]
    .map((removal) => resumeRemoval(settleDoubts(removal, removing), moment))
    .filter(({ count, instant }) => count > 0 && moment.instant - instant < recentRemovalsWindowMs);
  const nothing = { allowed: new Set<string>(), ended: [] };
  if (input.policy === 'upsert-only') return { ...nothing, memory: { holds: [], earlier: [], removals } };
  // A held system that returned, or whose Application somebody deleted by hand, leaves the list.
  const holds = keepKeys(
    [
      ...memory.holds.map((hold) => followClock(hold, moment)),
      ...memory.earlier.map((stored) => resumeHold(stored, moment, holdMs)),
    ],
    (key) => removing.has(key),
  );
  if (!input.isComplete) return { ...nothing, memory: { holds, earlier: [], removals } };
  const endings = holds.map((hold) => ({ hold, by: toEnding(hold, input) }));
  const held = new Set(holds.flatMap(({ keys }) => keys));
  const further = [...removing].filter((key) => !held.has(key));
  const isHeld = findHoldRule(plan, removals) !== undefined;
  const lasting = endings.flatMap(({ hold, by }) =>
    by === undefined ? [{ ...hold, confirmedAt: hold.confirmedAt ?? moment.instant }] : [],
  );
  const begun = isHeld && further.length > 0 ? [beginHold(further, moment, holdMs)] : [];
  return {
    allowed: new Set([
      ...endings.flatMap(({ hold, by }) => (by === undefined ? [] : hold.keys)),
      ...(isHeld ? [] : further),
    ]),
    ended: endings.flatMap(({ hold, by }) => (by === undefined ? [] : [{ id: hold.id, count: hold.keys.length, by }])),
    memory: { holds: [...lasting, ...begun], earlier: [], removals },
  };
}

function toEnding(hold: Hold, { approvedIds, readSince, holdMs }: PruneInput): EndedHold['by'] | undefined {
  if (approvedIds.includes(hold.id)) return 'approval';
  return isOver(hold, readSince, holdMs) ? 'time' : undefined;
}

/** Why a removal waits: it would be all Applications, of two or more, or more than five that are also more than half. */
export type HoldRule = 'all' | 'most';

/** The rule by which a further removal of the plan is held, of what there was an hour ago; undefined: none. Pure. */
export function findHoldRule(
  { actions, removableCount }: Pick<Plan, 'actions' | 'removableCount'>,
  recent: PruneMemory['removals'],
): HoldRule | undefined {
  const removing = new Set(actions.flatMap(toRemovedKeys)).size;
  if (removing === 0) return undefined;
  const removedBefore = recent.reduce((sum, { count }) => sum + count, 0);
  return judgeSize(removing, removableCount, removedBefore);
}

/** Whether so many of that many are too many to go at once, where some went before; undefined: they are not. Pure. */
export function judgeSize(leaving: number, present: number, goneBefore = 0): HoldRule | undefined {
  const total = leaving + goneBefore;
  if (total >= 2 && leaving >= present) return 'all';
  return total > smallRemoval && total > (present + goneBefore) / 2 ? 'most' : undefined;
}

function isRemovedUnknown({ removableCount }: PruneInput['plan'], { isNoteLost, isNew }: PruneMemory): boolean {
  return isNoteLost === true && (isNew !== true || removableCount > 0);
}

/**
 * As many as may have gone within the hour without a hold: up to five, or as many as are left. So whatever goes next is
 * held. Whom somebody deleted by hand meanwhile, and who comes back with this read, was left as well.
 */
function assumeRemoval({ removableCount, desiredCount }: PruneInput['plan'], { now, instant }: Moment): Removal {
  return { at: now, instant, count: Math.max(removableCount, desiredCount, smallRemoval), isAssumed: true };
}

/** Whatever is to be removed again has not gone. */
function settleDoubts({ doubtful = [], ...removal }: Removal, removing: ReadonlySet<string>): Removal {
  return { ...removal, count: removal.count - doubtful.filter((key) => removing.has(key)).length };
}

/**
 * What this life removed is told by the wall clock as it stands, for a life that knows no other. Of a former life only what
 * was within its last hour is noted: if the wall clock says otherwise, it was set meanwhile, or the agent stood still for
 * long; such a removal counts for an hour from now.
 */
function resumeRemoval(removal: Removal, { now, instant }: Moment): Removal & { readonly instant: Instant } {
  const ageMs = now.getTime() - removal.at.getTime();
  const isLately = ageMs >= 0 && ageMs < recentRemovalsWindowMs;
  const since = removal.instant ?? (isLately ? instant - ageMs : instant);
  return { ...removal, at: toPresentTime(removal.at, since - instant, now), instant: since };
}

/**
 * The actions as far as they may be applied: what creates and updates always may. Each Application goes by its own
 * permission: those of one system, renamed more than once, may be held by holds that end one after the other. Pure.
 */
export function permitRemovals(actions: readonly Action[], allowed: ReadonlySet<string>): Action[] {
  return actions.flatMap((action) => {
    if (!removesApplication(action)) return [action];
    const steps = toPermittedSteps(action, allowed);
    return steps.length === 0 ? [] : [{ ...action, steps }];
  });
}

/** What goes together with an Application stands right before it. */
function toPermittedSteps(action: Action, allowed: ReadonlySet<string>): Step[] {
  const permitted: Step[] = [];
  let together: Step[] = [];
  for (const step of action.steps) {
    (isWrite(step) ? permitted : together).push(step);
    if (step.do !== 'delete-application') continue;
    if (allowed.has(toRemovedKey(action, step.name))) permitted.push(...together);
    together = [];
  }
  return permitted;
}

/** The actions without anything that deletes: a read with gaps, or an earlier one, is no reason to. Pure. */
export function withoutAnyDeletion(actions: readonly Action[]): Action[] {
  return actions.flatMap(withoutDeletions);
}

/** The memory without what is assigned all the same: a held system that returns leaves the list. Pure. */
export function withoutReturned(memory: PruneMemory, returned: ReadonlySet<string>): PruneMemory {
  const isKept = (key: string) => !returned.has(key);
  return { ...memory, holds: keepKeys(memory.holds, isKept), earlier: keepKeys(memory.earlier, isKept) };
}

/**
 * The memory after a read that could not be applied to the cluster: a held system that it has leaves the list all the same,
 * so that its next departure begins a hold of its own. A former name stays, whose system is there. Pure.
 */
export function withoutAssigned(
  memory: PruneMemory,
  { applications, gaps }: Pick<Landscape, 'applications' | 'gaps'>,
): PruneMemory {
  const assigned = new Set([...applications.map(({ id }) => id), ...gaps.map(({ applicationId }) => applicationId)]);
  const isKept = (key: string) => {
    const [id = '', ...rest] = key.split('/');
    return rest.length > 1 || !assigned.has(id);
  };
  return { ...memory, holds: keepKeys(memory.holds, isKept), earlier: keepKeys(memory.earlier, isKept) };
}

function keepKeys<H extends StoredHold>(holds: readonly H[], isKept: (key: string) => boolean): H[] {
  return holds.map((hold) => ({ ...hold, keys: hold.keys.filter(isKept) })).filter(({ keys }) => keys.length > 0);
}

/**
 * The memory with the removal of so many. It is stored before the first of them goes, and once more when it is known of
 * which that is doubtful. Pure.
 */
export function intendRemovals(
  memory: PruneMemory,
  count: number,
  { now, instant }: Moment,
  doubtful: readonly string[] = [],
): PruneMemory {
  if (count === 0) return memory;
  const removal = { at: now, instant, count, ...(doubtful.length > 0 && { doubtful }) };
  return { ...memory, removals: [...memory.removals, removal] };
}

/** The Applications that an action removes, each as its {@link toRemovedKey}. */
export function toRemovedKeys(action: Action): string[] {
  return action.steps.flatMap((step) => (step.do === 'delete-application' ? [toRemovedKey(action, step.name)] : []));
}

/**
 * What a removal is known by. A rename's leftover is told from the departure of the same system: a system that is back
 * under a new name has left the list of a hold, also where its old Application still waits to go.
 */
function toRemovedKey({ kind, applicationId }: Action, name: string): string {
  return kind === 'rename' ? `${applicationId}/former/${name}` : `${applicationId}/${name}`;
}

/** The name of the Application in a key of {@link toRemovedKeys}. */
export function nameOfKey(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}

/** A rename that may not remove yet keeps what it creates, beside the old Application; a mere removal has nothing left. */
function withoutDeletions(action: Action): Action[] {
  const steps = action.steps.filter(isWrite);
  return steps.length === 0 ? [] : [{ ...action, steps }];
}

function isWrite(step: Step): boolean {
  return step.do !== 'delete-application' && step.do !== 'delete-secret';
}
