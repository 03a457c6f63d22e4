/** Where a quadratic act is many times slower than a linear one, and an exponential one still comes to an end. */
const sizes = [24, 256, 2_048, 16_384];
/** An act that is done sooner is told from no other: its time is that of the machine. */
const noticeableMs = 5;

/**
 * Whether `act` takes more than linear time in the size that it is given. Judged by the ratio of two times, each the
 * least of three, and never by a time alone: a slow or busy machine slows both down.
 */
export function growsBeyondLinear(act: (size: number) => void): boolean {
  return sizes.some((size) => {
    if (fastestMs(act, size, 1) < noticeableMs) return false;
    const ms = fastestMs(act, size, 3);
    if (ms < noticeableMs) return false;
    // A quarter of the size takes a quarter of the time where it is linear, and a sixteenth where it is quadratic.
    return ms / Math.max(fastestMs(act, size / 4, 3), 0.001) > 8;
  });
}

function fastestMs(act: (size: number) => void, size: number, runs: number): number {
  let fastest = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run += 1) {
    const startedAt = performance.now();
    act(size);
    fastest = Math.min(fastest, performance.now() - startedAt);
  }
  return fastest;
}
