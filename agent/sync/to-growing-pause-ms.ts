/** A pause in milliseconds that doubles with each time that something was in vain, up to the longest. */
export function toGrowingPauseMs(
  timesBefore: number,
  { firstMs, longestMs }: { firstMs: number; longestMs: number },
): number {
  return Math.min(firstMs * 2 ** Math.min(Math.max(timesBefore, 0), 16), longestMs);
}
