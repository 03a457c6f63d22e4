import type { Time } from '../time/time.ts';

/** How often the two clocks are compared. */
const clockCheckMs = 1_000;
/** The wall clock is slewed by less than that; more is a jump. */
const jumpMs = 1_500;

/**
 * Calls `onJump` each time that the wall clock was set, until `signal` aborts: what was judged by it, such as the end of a
 * certificate, is judged anew.
 */
export async function followClock(onJump: () => void, time: Time, signal: AbortSignal): Promise<void> {
  for (;;) {
    await clocksComeApart(time, signal);
    if (signal.aborted) return;
    onJump();
  }
}

/** Ends when the wall clock was set, or `signal` aborts. */
export async function clocksComeApart(time: Time, signal: AbortSignal): Promise<void> {
  for (let offset = toOffset(time); !signal.aborted; ) {
    await time.sleepUntil(time.instant() + clockCheckMs, signal);
    const present = toOffset(time);
    if (isJump(offset, present)) return;
    offset = present;
  }
}

/** How far the wall clock is from the monotonic one, in milliseconds. */
export function toOffset(time: Pick<Time, 'now' | 'instant'>): number {
  return time.now().getTime() - time.instant();
}

export function isJump(before: number, after: number): boolean {
  return Math.abs(after - before) > jumpMs;
}
