import type { Time } from './time.ts';

/** Node turns a longer delay into one of a millisecond. */
const longestTimerMs = 2 ** 31 - 1;

/** The clocks and timers of the machine. */
export const systemTime: Time = {
  now: () => new Date(),
  instant: () => performance.now(),
  async sleepUntil(instant, signal) {
    for (let leftMs = instant - performance.now(); leftMs > 0 && !signal.aborted; ) {
      await sleep(Math.min(leftMs, longestTimerMs), signal);
      leftMs = instant - performance.now();
    }
  },
};

/** Node's own would make an error with its stack for each sleep that is called off, and every request has one. */
function sleep(durationMs: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const wake = () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', wake);
    resolve();
  };
  const timer = setTimeout(wake, durationMs);
  signal.addEventListener('abort', wake);
  return promise;
}
