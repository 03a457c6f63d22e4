import { createTask } from 'node-cron';
import type { Time } from '../time/time.ts';
import { nextTick, type ScheduleSetting } from './next-scheduled.ts';

/** How often the two clocks are compared. */
const clockCheckMs = 1_000;
/** The wall clock is slewed by less than that; more is a jump. */
const jumpMs = 1_500;

/** Calls `onTick` at each tick of the schedule until `signal` aborts. */
export function startTicker(schedule: ScheduleSetting, onTick: () => void, time: Time, signal: AbortSignal): void {
  if (schedule.kind === 'cron') void keepCronTask(schedule.expression, onTick, time, signal);
  else void tickByPeriod(schedule, onTick, time, signal);
}

/**
 * node-cron waits for an instant of the wall clock: after a jump back it would sleep all that time again, and after one
 * forward it lists each tick that it missed. So the task is made anew as soon as the clocks come apart.
 */
async function keepCronTask(expression: string, onTick: () => void, time: Time, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const task = createTask(expression, onTick, { noOverlap: true, suppressMissedWarning: true });
    await task.start();
    await clocksComeApart(time, signal);
    await task.destroy();
  }
}

async function clocksComeApart(time: Time, signal: AbortSignal): Promise<void> {
  const toOffset = () => time.now().getTime() - time.instant();
  for (let offset = toOffset(); !signal.aborted; ) {
    await time.sleepUntil(time.instant() + clockCheckMs, signal);
    const present = toOffset();
    if (Math.abs(present - offset) > jumpMs) return;
    offset = present;
  }
}

async function tickByPeriod(
  schedule: ScheduleSetting,
  onTick: () => void,
  time: Time,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const now = time.now();
    const next = nextTick(schedule, now);
    if (next === undefined) return;
    await time.sleepUntil(time.instant() + next.getTime() - now.getTime(), signal);
    if (!signal.aborted) onTick();
  }
}
