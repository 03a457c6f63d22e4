/**
 * A moment on a clock that only runs forward, in milliseconds since an arbitrary start. Pauses, floors and timeouts
 * are counted on it: the wall clock may be set back or forward at any time, and no pause may become hours by that.
 */
export type Instant = number;

/** Port: time. The agent's rooms know no other clock and no timer; so the whole agent runs in virtual time too. */
export interface Time {
  /** The wall clock: for what people are told, and for the dates of certificates. */
  now(): Date;
  /** The monotonic clock: for every pause and floor. */
  instant(): Instant;
  /** Ends at `instant`, or when `signal` aborts. It never rejects: whoever waits looks at the signal. */
  sleepUntil(instant: Instant, signal: AbortSignal): Promise<void>;
}

/** Port: chance, from 0 up to but not including 1. */
export type Random = () => number;

/** Why something that nobody waits for any more is aborted: by itself a signal makes an error for it, with its stack. */
export const calledOff = new Error('It is over.');
