/** What may be read of UCL, in bytes of heap as {@link weighAnswer} estimates them. */
export interface ReadLimits {
  readonly maxAnswerWeight: number;
  /** Of all that is kept of one read of the landscape. */
  readonly maxReadWeight: number;
}

/** What the agent needs without any system: measured 9 MiB. */
const bareBytes = 12 * 2 ** 20;
const leastRoom = 8 * 2 ** 20;

/**
 * The limits for a heap of that many bytes. A landscape is there as text, twice where it has changed, as what is in the
 * cluster, and in a first sync as what is to be written: measured with a heap of 96 and of 192 MiB, that is up to four times
 * what is kept of its read. An answer is there while it is read: as text, as JSON and checked. A hostile one takes all of its
 * weight, a real one a quarter. Pure.
 */
export function toReadLimits(heapLimitBytes: number): ReadLimits {
  const room = Math.max(heapLimitBytes - bareBytes, leastRoom);
  return { maxAnswerWeight: Math.floor(room / 8), maxReadWeight: Math.floor(room / 5) };
}
