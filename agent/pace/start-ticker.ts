import { createTask } from 'node-cron';
import type { Time } from '../time/time.ts';
import { clocksComeApart, isJump, toOffset } from './follow-clock.ts';
import { nextTick, type ScheduleSetting } from './next-scheduled.ts';

/** Calls `onTick` at each tick of the schedule until `signal` aborts. */
export function startTicker(schedule: ScheduleSetting, onTick: () => void, time: Time, signal: AbortSignal): void {
  void keepTicking(schedule, toFire(schedule, onTick), time, signal);
}

function toFire(schedule: ScheduleSetting, onTick: () => void): () => void {
  if (schedule.kind === 'period') return onTick;
  const task = createTask(schedule.expression, onTick, { noOverlap: true });
  return () => void task.execute();
}

/**
 * The waits are the agent's own, on the monotonic clock. node-cron waits for an instant of the wall clock: after a jump back
 * it sleeps all that time again, and after one forward it lists each tick that it missed, a year of them in one go.
 */
async function keepTicking(
  schedule: ScheduleSetting,
  fire: () => void,
  time: Time,
  signal: AbortSignal,
): Promise<void> {
  let last: Date | undefined;
  while (!signal.aborted) {
    const now = time.now();
    // The clocks differ by a little: what has ticked must not tick again.
    const next = nextTick(schedule, last !== undefined && last > now ? last : now);
    if (next === undefined) return;
    const offset = toOffset(time);
    const isDue = await waitFor(time.instant() + next.getTime() - now.getTime(), time, signal);
    if (signal.aborted) return;
    if (isDue) fire();
    last = isDue && !isJump(offset, toOffset(time)) ? next : undefined;
  }
}

/** Waits for an instant; false: the wall clock was set before, so that another one counts. */
async function waitFor(instant: number, time: Time, signal: AbortSignal): Promise<boolean> {
  const due = new AbortController();
  const over = new AbortController();
  const sleeping = time.sleepUntil(instant, AbortSignal.any([signal, over.signal])).then(() => due.abort());
  await clocksComeApart(time, AbortSignal.any([signal, due.signal]));
  const isDue = due.signal.aborted;
  over.abort();
  await sleeping;
  return isDue;
}
