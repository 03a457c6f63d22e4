/** Where a quadratic act is many times slower than a linear one, and an exponential one still comes to an end. */
const sizes = [24, 256, 2_048, 16_384];
/** An act that is done sooner is told from no other. */
const noticeableMs = 5;

/**
 * Whether `act` takes more than linear time in the size that it is given. Judged by the ratio of two times, each the
 * least of some, and never by a time alone. It is the time that this thread computes: whoever else uses the machine
 * does not count.
 */
export function growsBeyondLinear(act: (size: number) => void): boolean {
  return sizes.some((size) => {
    if (leastMs(act, size, 1) < noticeableMs) return false;
    const ms = leastMs(act, size, 4);
    if (ms < noticeableMs) return false;
    // A quarter of the size takes a quarter of the time where it is linear, and a sixteenth where it is quadratic.
    return ms / Math.max(leastMs(act, size / 4, 4), 0.001) > 8;
  });
}

function leastMs(act: (size: number) => void, size: number, runs: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run += 1) {
    const before = process.threadCpuUsage();
    act(size);
    const { user, system } = process.threadCpuUsage(before);
    least = Math.min(least, (user + system) / 1_000);
  }
  return least;
}
