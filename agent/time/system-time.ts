import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Time } from './time.ts';

/** Node turns a longer delay into one of a millisecond. */
const longestTimerMs = 2 ** 31 - 1;

/** The clocks and timers of the machine. */
export const systemTime: Time = {
  now: () => new Date(),
  instant: () => performance.now(),
  async sleepUntil(instant, signal) {
    for (let leftMs = instant - performance.now(); leftMs > 0 && !signal.aborted; ) {
      await sleep(Math.min(leftMs, longestTimerMs), undefined, { signal }).catch(() => undefined);
      leftMs = instant - performance.now();
    }
  },
};
