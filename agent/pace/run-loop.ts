import type { Instant, Random, Time } from '../time/time.ts';
import { nextScheduled, type ScheduleSetting, toPhaseMs, turnOfPastTick } from './next-scheduled.ts';
import {
  type Ahead,
  afterAnswer,
  afterRun,
  afterStart,
  afterTick,
  type DueRun,
  decideNext,
  initialPace,
  type PaceState,
  type RunOutcome,
  toNextRead,
} from './pace-state.ts';
import { type AskedOfUcl, afterProbeTick, type ExtraReadSettings, planExtraReads } from './plan-extra-reads.ts';
import type { SignalQueue } from './triggers.ts';

/** When UCL is read next, given what a run came to; undefined: never by itself. */
export type NextSync = (runtimeId: string, ahead: Ahead) => Date | undefined;

interface EndedRun<Memory> {
  readonly memory: Memory;
  readonly outcome: RunOutcome;
  readonly asked: AskedOfUcl;
}

export interface LoopParts<Memory> {
  /** One run for all triggers that came together. Never throws. */
  readonly run: (
    memory: Memory,
    due: Pick<DueRun, 'triggers' | 'isInsisted' | 'isHushed' | 'writesLeft'>,
    nextSync: NextSync,
    signal: AbortSignal,
  ) => Promise<EndedRun<Memory>>;
  /** For the phase of the schedule; empty while it is not known. */
  readonly toRuntimeId: (memory: Memory) => string;
  readonly queue: SignalQueue;
  readonly schedule: ScheduleSetting;
  /** When UCL is asked for the names of the systems between the reads; undefined: never. */
  readonly probeSchedule: ScheduleSetting | undefined;
  /** Floor between the starts of scheduled syncs and of retries. */
  readonly floorMs: number;
  readonly extraReads: ExtraReadSettings;
  readonly time: Time;
  readonly random: Random;
}

/** What outlives a run. */
export interface LoopState<Memory> {
  readonly memory: Memory;
  readonly pace: PaceState;
  /** Whose phase the pace counts with; undefined before the first run. */
  readonly runtimeId: string | undefined;
}

/** For the liveness probe. */
export interface LoopProgress {
  lastProgressAt: Instant;
  /** undefined: the loop waits. */
  busySince: Instant | undefined;
  nextWakeAt: Instant | undefined;
}

/**
 * The loop: sleeps until something is due, lets the agent run once, and turns the outcome into the pace. What outlives
 * a run is the memory, which is handed from run to run, and the pace.
 * Ends when `stop` aborts and the running reconciliation has ended; `abandon` cuts that short. Gives what another loop
 * goes on with.
 */
export async function runLoop<Memory>(
  parts: LoopParts<Memory>,
  initial: LoopState<Memory>,
  progress: LoopProgress,
  stop: AbortSignal,
  abandon: AbortSignal,
): Promise<LoopState<Memory>> {
  const { queue, floorMs, time } = parts;
  let { memory, pace, runtimeId } = initial;
  while (!stop.aborted) {
    const now = time.instant();
    progress.lastProgressAt = now;
    pace = takeProbeTick(parts, takeTick(parts, pace, memory), memory);
    const next = decideNext(pace, queue.pending(), now, floorMs);
    if (next.do === 'sleep') {
      progress.busySince = undefined;
      progress.nextWakeAt = Number.isFinite(next.until) ? next.until : undefined;
      await queue.wait(next.until, stop);
      continue;
    }
    progress.busySince = now;
    queue.take(next.taken);
    pace = afterStart(pace, next, now, floorMs);
    const begun = pace;
    // Drawn before the run, so that what the status says of the next try is what comes.
    const chance = parts.random();
    const nextSync: NextSync = (runtimeId, ahead) =>
      toNextSync(parts, afterAnswer(begun, ahead, now, floorMs, chance), runtimeId);
    const ended = await parts.run(memory, next, nextSync, abandon);
    memory = ended.memory;
    pace = toPaceAfter(parts, pace, next, ended, now, chance);
    if (parts.toRuntimeId(memory) === runtimeId) continue;
    runtimeId = parts.toRuntimeId(memory);
    pace = takePastTick(parts, pace, runtimeId);
  }
  progress.busySince = undefined;
  progress.nextWakeAt = undefined;
  return { memory, pace, runtimeId };
}

/** What a loop begins with that knows nothing; its first run is due at once. */
export function beginLoop<Memory>(queue: SignalQueue, memory: Memory): LoopState<Memory> {
  // The first run looks at everything.
  queue.take([...queue.pending().keys()]);
  queue.add('start');
  return { memory, pace: initialPace, runtimeId: undefined };
}

function toPaceAfter<Memory>(
  parts: LoopParts<Memory>,
  pace: PaceState,
  { triggers }: DueRun,
  { memory, outcome, asked }: EndedRun<Memory>,
  startedAt: Instant,
  random: number,
): PaceState {
  const { floorMs } = parts;
  const after = afterRun(pace, outcome, startedAt, floorMs, random);
  const run = {
    ...asked,
    triggers,
    startedAt,
    hasRead: outcome.hasSynced && outcome.failure === undefined,
    followUps: outcome.followUps,
    turnAt: toTurnAt(parts, after, parts.toRuntimeId(memory)),
  };
  return { ...after, extra: planExtraReads(pace.extra, run, parts.extraReads, floorMs, random) };
}

function takeTick<Memory>(parts: LoopParts<Memory>, pace: PaceState, memory: Memory): PaceState {
  const { queue, schedule, time } = parts;
  if (!queue.pending().has('tick')) return pace;
  queue.take(['tick']);
  return afterTick(pace, time.instant(), toPhaseMs(schedule, parts.toRuntimeId(memory), time.now()));
}

function takeProbeTick<Memory>(parts: LoopParts<Memory>, pace: PaceState, memory: Memory): PaceState {
  const { queue, probeSchedule, extraReads, floorMs, time } = parts;
  if (probeSchedule === undefined || !queue.pending().has('probe-tick')) return pace;
  queue.take(['probe-tick']);
  const runtimeId = parts.toRuntimeId(memory);
  const at = time.instant() + toPhaseMs(probeSchedule, runtimeId, time.now());
  return { ...pace, extra: afterProbeTick(pace.extra, at, toTurnAt(parts, pace, runtimeId), extraReads, floorMs) };
}

/** A runtime that becomes known between a tick and its turn has this turn too. */
function takePastTick<Memory>({ schedule, time }: LoopParts<Memory>, pace: PaceState, runtimeId: string): PaceState {
  const now = time.now();
  const turn = turnOfPastTick(schedule, runtimeId, now);
  return turn === undefined ? pace : afterTick(pace, time.instant(), turn.getTime() - now.getTime());
}

/** When UCL is read next: at a tick whose turn is still to come, at the next one, or as a try again. */
function toNextSync<Memory>(
  { schedule, floorMs, time }: LoopParts<Memory>,
  pace: PaceState,
  runtimeId: string,
): Date | undefined {
  const now = time.now();
  const instant = time.instant();
  const turn = nextScheduled(schedule, runtimeId, now);
  const scheduledAt = pace.scheduledAt ?? (turn && instant + turn.getTime() - now.getTime());
  const next = toNextRead(pace, scheduledAt, floorMs);
  return next === undefined ? undefined : new Date(now.getTime() + Math.max(next - instant, 0));
}

function toTurnAt<Memory>(parts: LoopParts<Memory>, pace: PaceState, runtimeId: string): Instant | undefined {
  const turn = toNextSync(parts, pace, runtimeId);
  return turn && parts.time.instant() + turn.getTime() - parts.time.now().getTime();
}
