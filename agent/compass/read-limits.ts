/** What may be read of UCL, in bytes of heap as {@link weighAnswer} estimates them. */
export interface ReadLimits {
  readonly maxAnswerWeight: number;
  /** Of all answers of one read of the landscape. */
  readonly maxReadWeight: number;
}

/** What the agent needs without any system: measured 9 MiB. */
const bareBytes = 12 * 2 ** 20;
const leastRoom = 8 * 2 ** 20;

/**
 * The limits for a heap of that many bytes. A landscape is there up to three times (as it was, as it is, and in the cluster),
 * and an answer while it is read: as text, as JSON and checked. A hostile one takes all of its weight, a real one a
 * quarter. Pure.
 */
export function toReadLimits(heapLimitBytes: number): ReadLimits {
  const room = Math.max(heapLimitBytes - bareBytes, leastRoom);
  return { maxAnswerWeight: Math.floor(room / 8), maxReadWeight: Math.floor(room / 5) };
}
