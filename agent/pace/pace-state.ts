import type { AgentError } from '../errors/agent-error.ts';
import type { Instant } from '../time/time.ts';
import { type ExtraReads, noExtraReads } from './plan-extra-reads.ts';
import { toRetryAt } from './to-retry-at.ts';
import type { OwnTrigger, Signal, Tick, Trigger } from './triggers.ts';

/** What decides when the agent may run next. Instants, so that no jump of the wall clock delays or hastens a run. */
export interface PaceState {
  /** Start of the last run that asked UCL; undefined: none yet. */
  readonly lastSyncAt: Instant | undefined;
  /** Failed runs in a row. */
  readonly failures: number;
  readonly backoffUntil: Instant | undefined;
  /** A run that the agent gives itself: after a failure, or to confirm a removal that is held. */
  readonly retryAt: Instant | undefined;
  /** Runs in a row that could not tell what they came to, and when the next one tries that again. */
  readonly untoldRuns: number;
  readonly tellAt: Instant | undefined;
  /** When the status is another by time alone. */
  readonly changeAt: Instant | undefined;
  /** Starts of the latest runs that wrote another status, whoever asked for them, three at most. */
  readonly toldAt: readonly Instant[];
  /** When another status was written, as often as it may be within a minute at most. */
  readonly writtenAt: readonly Instant[];
  /** A tick of the schedule that came, with its phase added. */
  readonly scheduledAt: Instant | undefined;
  /** Starts of the latest runs that a change of the CompassConnection asked for, three at most. */
  readonly askedAt: readonly Instant[];
  /** Starts of the latest runs that put something back which somebody had set in the CompassConnection, three at most. */
  readonly takenBackAt: readonly Instant[];
  /** What comes too often was told; a look at its end takes that back. */
  readonly isInsistenceTold: boolean;
  /** When an object is to be written again that somebody changes back each time. */
  readonly mendAt: Instant | undefined;
  /** Two controllers that undo each other's work must not do so at full speed. */
  readonly driftNotBefore: Instant | undefined;
  readonly extra: ExtraReads;
}

export const initialPace: PaceState = {
  lastSyncAt: undefined,
  failures: 0,
  backoffUntil: undefined,
  retryAt: undefined,
  untoldRuns: 0,
  tellAt: undefined,
  changeAt: undefined,
  toldAt: [],
  writtenAt: [],
  scheduledAt: undefined,
  askedAt: [],
  takenBackAt: [],
  isInsistenceTold: false,
  mendAt: undefined,
  driftNotBefore: undefined,
  extra: noExtraReads,
};

/** What a run came to, as far as the pace is concerned. */
export interface RunOutcome {
  /** The failure that decides the next delay; undefined after a good run. */
  readonly failure: AgentError | undefined;
  /** When that was known, before the status told it. */
  readonly answeredAt: Instant;
  /** Why the status does not tell the outcome, or a request could not be taken back: tried again, without asking UCL for it. */
  readonly untold: AgentError | undefined;
  /** When another status was written, or may have been. */
  readonly writtenAt: readonly Instant[];
  /** What it came to was kept for later, since so much was told within the last minute. */
  readonly isKept: boolean;
  /** Whether UCL was asked, which is what the floor between syncs is about. */
  readonly hasSynced: boolean;
  /** Whether a field of the CompassConnection was put back: where somebody sets it again and again, two fight. */
  readonly hasTakenBack: boolean;
  /** When drift is to be looked for again; undefined: nothing waits for that, or nothing was applied. */
  readonly nextMend: Instant | undefined;
  /** When UCL is to be read again for a removal, whatever the schedule; undefined: nothing asks for that. */
  readonly nextLook: Instant | undefined;
  /** When the status is another by time alone; undefined: none was told, or it stays. */
  readonly nextChange: Instant | undefined;
  /**
   * What becomes of the reads that follow up a change: they `begin` where systems changed, somebody asked, or the agent was
   * paired, and `end` with a suspension.
   */
  readonly followUps: 'begin' | 'keep' | 'end';
  readonly endedAt: Instant;
}

/** What of a run decides when UCL is read next. */
export type Ahead = Pick<RunOutcome, 'failure' | 'answeredAt' | 'hasSynced' | 'nextLook'>;

/** What is due: the reasons of the run, and which of the signals they came from. */
export interface DueRun {
  readonly triggers: readonly Trigger[];
  readonly taken: readonly Signal[];
  /** Requests come faster than anybody needs them: the status is to name who sets what. */
  readonly isInsisted: boolean;
  /** So much was told within the last minute that what nobody asked for is kept for later. */
  readonly isHushed: boolean;
  /** How often the status may be written in this run, unless somebody asked for it. */
  readonly writesLeft: number;
}

export type Next =
  | ({ readonly do: 'run' } & DueRun)
  /** Infinity: only a signal wakes the loop. */
  | { readonly do: 'sleep'; readonly until: Instant };

/** How long changes of managed objects are gathered before drift is looked for. */
const driftGatherMs = 250;
const driftFloorMs = 2_000;
const askingWindowMs = 60_000;
/** Two requests within a minute start at once, and a third waits for the floor. */
const patientRequests = 2;
const rememberedRequests = 3;
/** After so many runs within a minute that told something new, one that nobody asked for keeps it; a sync tells in any case. */
const toldInAMinute = 3;
/** Beside what each sync within a minute came to. */
const writesBesideSyncs = 2;
const fewestWritesInAMinute = 6;
/** Whoever sets again what the agent takes back each time is no person, and waits so long also where the floor is shorter. */
const contestedFloorMs = 15_000;
const shortestRetryMs = 5_000;
/** Between a sync and one that it, or a person, asks for, also where the floor is zero. */
const shortestLookMs = 1_000;

/** Whether to run now, and why; or how long to sleep. Pure. */
export function decideNext(
  pace: PaceState,
  pending: ReadonlyMap<Signal, Instant>,
  now: Instant,
  floorMs: number,
): Next {
  const wishes = [
    ...[...pending].flatMap(([signal, since]): [Trigger, Instant][] =>
      isTick(signal) ? [] : [[signal, toDueAt(pace, signal, since, floorMs)]],
    ),
    ...toOwnWishes(pace, floorMs),
  ];
  const due = wishes.filter(([, dueAt]) => dueAt <= now).map(([trigger]) => trigger);
  if (due.length === 0) return { do: 'sleep', until: Math.min(...wishes.map(([, dueAt]) => dueAt)) };
  return {
    do: 'run',
    triggers: due,
    taken: due.filter((trigger) => !isOwn(trigger)),
    isInsisted: isInsisted(pace, due, now, floorMs),
    isHushed: isUnasked(due) && now < toQuietTellingAt(pace),
    writesLeft: toMostWrites(floorMs) - pace.writtenAt.filter((at) => now - at < askingWindowMs).length,
  };
}

const ownTriggers: ReadonlySet<Trigger> = new Set(['schedule', 'retry', 'follow-up', 'probe', 'look']);

function isOwn(trigger: Trigger): trigger is OwnTrigger {
  return ownTriggers.has(trigger);
}

function isTick(signal: Signal): signal is Tick {
  return signal === 'tick' || signal === 'probe-tick';
}

/** Neither a person nor the schedule asked for a run with these triggers: something has changed in the cluster. */
function isUnasked(triggers: readonly Trigger[]): boolean {
  return triggers.every((trigger) => trigger === 'drift' || trigger === 'look');
}

/** When what a change in the cluster came to may be told again. */
function toQuietTellingAt({ toldAt }: PaceState): Instant {
  const [first] = toldAt;
  return first === undefined || toldAt.length < toldInAMinute ? Number.NEGATIVE_INFINITY : first + askingWindowMs;
}

/** When anything may be told again that no person asked for. */
function toTellingAt(pace: PaceState, floorMs: number): Instant {
  const first = pace.writtenAt.at(-toMostWrites(floorMs));
  return Math.max(toQuietTellingAt(pace), first === undefined ? Number.NEGATIVE_INFINITY : first + askingWindowMs);
}

/** How often the status is written within a minute at most, but for what people ask for. */
function toMostWrites(floorMs: number): number {
  return Math.max(fewestWritesInAMinute, Math.ceil(askingWindowMs / toAskingFloorMs(floorMs)) + writesBesideSyncs);
}

function toDueAt(pace: PaceState, signal: Exclude<Signal, Tick>, since: Instant, floorMs: number): Instant {
  switch (signal) {
    case 'configuration':
      return since;
    // An agent comes to lead again as often as the API server goes and comes.
    case 'start':
    case 'clock':
      return Math.max(since, toFloor(pace, toAskingFloorMs(floorMs)));
    case 'connection':
      return toAnswerAt(pace, since, floorMs);
    case 'drift':
      return Math.max(since + driftGatherMs, pace.driftNotBefore ?? since);
  }
}

/** A request waits for the floor where it comes again and again, or after a failure; and never for the whole backoff. */
function toAnswerAt(pace: PaceState, since: Instant, floorMs: number): Instant {
  const countLately = (instants: readonly Instant[]) =>
    instants.filter((instant) => since - instant < askingWindowMs).length;
  if (countLately(pace.askedAt) >= patientRequests) {
    const isContested = countLately(pace.takenBackAt) >= rememberedRequests;
    const pauseMs = isContested ? Math.max(floorMs, contestedFloorMs) : toAskingFloorMs(floorMs);
    return Math.max(since, (pace.askedAt.at(-1) ?? since) + pauseMs, toFloor(pace, floorMs));
  }
  return pace.failures > 0 ? Math.max(since, toFloor(pace, toAskingFloorMs(floorMs))) : since;
}

/** Whether more than two requests came so close together that they had to wait, the one that is due now included. */
function isInsisted({ askedAt }: PaceState, due: readonly Trigger[], now: Instant, floorMs: number): boolean {
  const starts = due.includes('connection') ? [...askedAt, now].slice(-rememberedRequests) : askedAt;
  return starts.length > patientRequests && now - (starts[0] ?? now) < toInsistenceMs(floorMs);
}

/** In which three requests are too many. They are further apart where the floor, which they wait for, is longer. */
function toInsistenceMs(floorMs: number): number {
  return Math.max(askingWindowMs, rememberedRequests * floorMs);
}

/** Whatever the floor between scheduled syncs is, a failure is not tried again at full speed. */
function toRetryFloorMs(floorMs: number): number {
  return Math.max(floorMs, shortestRetryMs);
}

/** What people, or a sync, ask for waits for the floor that somebody set, and not for none. */
function toAskingFloorMs(floorMs: number): number {
  return Math.max(floorMs, shortestLookMs);
}

function toOwnWishes(pace: PaceState, floorMs: number): [Trigger, Instant][] {
  const { scheduledAt, retryAt, tellAt, changeAt, askedAt, isInsistenceTold, mendAt } = pace;
  const { followUp, probeAt } = pace.extra;
  const [firstAskedAt] = askedAt;
  return [
    ...(isInsistenceTold && firstAskedAt !== undefined
      ? [['look', firstAskedAt + toInsistenceMs(floorMs)] satisfies [Trigger, Instant]]
      : []),
    ...(retryAt === undefined ? [] : [['retry', retryAt] satisfies [Trigger, Instant]]),
    ...(tellAt === undefined ? [] : [['look', tellAt] satisfies [Trigger, Instant]]),
    ...(changeAt === undefined ? [] : [['look', changeAt] satisfies [Trigger, Instant]]),
    ...(mendAt === undefined ? [] : [['drift', mendAt] satisfies [Trigger, Instant]]),
    ...(scheduledAt === undefined
      ? []
      : [['schedule', toTurn(pace, scheduledAt, floorMs)] satisfies [Trigger, Instant]]),
    ...(followUp === undefined ? [] : [['follow-up', toTurn(pace, followUp.at, floorMs)] satisfies [Trigger, Instant]]),
    ...(probeAt === undefined ? [] : [['probe', toTurn(pace, probeAt, floorMs)] satisfies [Trigger, Instant]]),
  ];
}

/** When a sync begins for which nobody waits: neither before the floor nor before the pause after a failure is over. */
function toTurn(pace: PaceState, wantedAt: Instant, floorMs: number): Instant {
  return Math.max(wantedAt, toFloor(pace, floorMs), pace.backoffUntil ?? wantedAt);
}

/**
 * When UCL is read next by itself: the next turn of the schedule, or a try again that comes before. Pure.
 * @param scheduledAt undefined: the schedule has no further turn.
 */
export function toNextRead(pace: PaceState, scheduledAt: Instant | undefined, floorMs: number): Instant | undefined {
  const moments = [pace.retryAt, scheduledAt === undefined ? undefined : toTurn(pace, scheduledAt, floorMs)];
  const known = moments.filter((moment) => moment !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

function toFloor({ lastSyncAt }: PaceState, floorMs: number): Instant {
  return lastSyncAt === undefined ? Number.NEGATIVE_INFINITY : lastSyncAt + floorMs;
}

/** The pace after a tick of the schedule; a tick whose turn is still to come keeps it. Pure. */
export function afterTick(pace: PaceState, now: Instant, phaseMs: number): PaceState {
  return { ...pace, scheduledAt: pace.scheduledAt ?? now + phaseMs };
}

/** The pace once a run has begun: what it was due for is no longer. Pure. */
export function afterStart(
  pace: PaceState,
  { triggers, isInsisted }: Pick<DueRun, 'triggers' | 'isInsisted'>,
  now: Instant,
  floorMs: number,
): PaceState {
  return {
    ...pace,
    isInsistenceTold: isInsisted,
    ...(pace.changeAt !== undefined && pace.changeAt <= now && { changeAt: undefined }),
    // What failed by a wrong clock says nothing of the next try.
    ...(triggers.includes('clock') && { failures: 0, backoffUntil: undefined }),
    ...(triggers.includes('retry') && { retryAt: undefined }),
    ...(triggers.includes('schedule') && { scheduledAt: undefined }),
    ...(triggers.includes('connection') && { askedAt: [...pace.askedAt, now].slice(-rememberedRequests) }),
    ...(triggers.includes('drift') && { mendAt: undefined, driftNotBefore: now + Math.min(floorMs, driftFloorMs) }),
  };
}

/**
 * The pace after a run. Pure.
 * @param startedAt When it began, from which all pauses count but a server's Retry-After.
 * @param random 0 to 1.
 */
export function afterRun(
  before: PaceState,
  outcome: RunOutcome,
  startedAt: Instant,
  floorMs: number,
  random: number,
): PaceState {
  const { hasTakenBack, nextMend } = outcome;
  const takenBackAt = hasTakenBack ? [...before.takenBackAt, startedAt].slice(-rememberedRequests) : before.takenBackAt;
  const pace = {
    ...before,
    ...toTelling(before, outcome, startedAt, floorMs, random),
    takenBackAt,
    mendAt: nextMend ?? before.mendAt,
    changeAt: outcome.nextChange ?? before.changeAt,
  };
  return afterAnswer(pace, outcome, startedAt, floorMs, random);
}

/** What of the pace is decided by what UCL answered. Pure. */
export function afterAnswer(
  pace: PaceState,
  { failure, answeredAt, hasSynced, nextLook }: Ahead,
  startedAt: Instant,
  floorMs: number,
  random: number,
): PaceState {
  // A look at the cluster that found nothing to do says nothing about UCL.
  if (failure === undefined && !hasSynced) return pace;
  const lastSyncAt = hasSynced ? startedAt : pace.lastSyncAt;
  if (failure === undefined) {
    // A list that moves all the time asks with each read for another one.
    const retryAt = nextLook === undefined ? undefined : Math.max(nextLook, startedAt + toAskingFloorMs(floorMs));
    return { ...pace, lastSyncAt, failures: 0, backoffUntil: undefined, retryAt };
  }
  const failures = pace.failures + 1;
  const retryAt = toRetryAt(failure, { failures, startedAt, failedAt: answeredAt }, toRetryFloorMs(floorMs), random);
  return { ...pace, lastSyncAt, failures, backoffUntil: retryAt, retryAt };
}

/** When a run tries again to tell what is known. */
function toTelling(
  pace: PaceState,
  { failure, untold, writtenAt, isKept, endedAt }: RunOutcome,
  startedAt: Instant,
  floorMs: number,
  random: number,
): Pick<PaceState, 'untoldRuns' | 'tellAt' | 'toldAt' | 'writtenAt'> {
  const told = {
    toldAt: writtenAt.length > 0 ? [...pace.toldAt, startedAt].slice(-toldInAMinute) : pace.toldAt,
    writtenAt: [...pace.writtenAt, ...writtenAt].slice(-toMostWrites(floorMs)),
  };
  // A run that failed is tried again whole, and tells then.
  if (untold === undefined || failure !== undefined) {
    return { untoldRuns: 0, tellAt: isKept ? toTellingAt(pace, floorMs) : undefined, ...told };
  }
  const untoldRuns = pace.untoldRuns + 1;
  const tries = { failures: untoldRuns, startedAt, failedAt: endedAt };
  const tellAt = toRetryAt(untold, tries, toRetryFloorMs(floorMs), random);
  return { untoldRuns, tellAt, ...told };
}
