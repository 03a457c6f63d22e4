import { createHash } from 'node:crypto';
import { schedule as scheduleCron } from 'node-cron';
import type { Config } from '../config/config.ts';

/** A phase beyond that would move a rare schedule ("at 3 in the morning") to another time of day. */
const maximalPhaseMs = 10 * 60_000;

export interface Schedule {
  /** When the next scheduled sync is due, its phase included; undefined before the start. */
  nextRunAt(): Date | undefined;
  /**
   * Begins the periodic trigger. `phaseShare` is asked anew each time, since the runtime id is only known once the
   * configuration Secret is. It is given here and not when the schedule is made: whoever knows the runtime may itself
   * need the schedule, and is made after it.
   */
  start(phaseShare: () => number): void;
  stop(): void;
}

type RunningSchedule = Omit<Schedule, 'start'>;

/** Where in a period this runtime has its turn, 0 to 1: stable for one runtime, spread over a fleet. */
export function toPhaseShare(runtimeId: string): number {
  return createHash('sha256').update(`phase/${runtimeId}`).digest().readUInt32BE(0) / 2 ** 32;
}

/** Makes the periodic trigger, which does nothing before its start. */
export function createSchedule(schedule: Config['schedule'], onDue: () => void, clock: () => Date): Schedule {
  let running: RunningSchedule | undefined;
  return {
    nextRunAt: () => running?.nextRunAt(),
    start: (phaseShare) => {
      running ??=
        schedule.kind === 'cron'
          ? startCron(schedule.expression, phaseShare, onDue)
          : startPeriod(schedule.periodMs, phaseShare, onDue, clock);
    },
    stop: () => running?.stop(),
  };
}

function startCron(expression: string, phaseShare: () => number, onDue: () => void): RunningSchedule {
  const shifted = new Set<NodeJS.Timeout>();
  let shiftedUntil: Date | undefined;
  const task = scheduleCron(
    expression,
    () => {
      const phaseMs = toPhaseMs();
      shiftedUntil = new Date(Date.now() + phaseMs);
      const timer = setTimeout(() => {
        shifted.delete(timer);
        if (shifted.size === 0) shiftedUntil = undefined;
        onDue();
      }, phaseMs);
      shifted.add(timer);
    },
    { noOverlap: true, suppressMissedWarning: true },
  );
  const toPhaseMs = () => {
    const [first, second] = task.getNextRuns(2);
    const periodMs = first && second ? second.getTime() - first.getTime() : 0;
    return Math.floor(Math.min(periodMs, maximalPhaseMs) * phaseShare());
  };
  return {
    nextRunAt: () => {
      if (shiftedUntil !== undefined) return shiftedUntil;
      const next = task.getNextRun();
      return next === null ? undefined : new Date(next.getTime() + toPhaseMs());
    },
    stop: () => {
      void task.destroy();
      for (const timer of shifted) clearTimeout(timer);
    },
  };
}

function startPeriod(
  periodMs: number,
  phaseShare: () => number,
  onDue: () => void,
  clock: () => Date,
): RunningSchedule {
  let timer: NodeJS.Timeout;
  let nextMs = 0;
  const arm = () => {
    const nowMs = clock().getTime();
    const phaseMs = Math.floor(periodMs * phaseShare());
    nextMs = Math.floor((nowMs - phaseMs) / periodMs + 1) * periodMs + phaseMs;
    timer = setTimeout(() => {
      onDue();
      arm();
    }, nextMs - nowMs);
  };
  arm();
  return { nextRunAt: () => new Date(nextMs), stop: () => clearTimeout(timer) };
}
