/** An act that is done sooner is told from no other, and the clock of a thread has no finer grain. */
const noticeableMs = 10;
/** So little takes no noticeable time unless it takes exponential time, which would not end for more. */
const littleSizes = [24, 256];
/** What takes cubic time is found by the smaller of them. */
const largeSizes = [2_048, 16_384];
const factor = 16;

/**
 * Whether `act` takes more than linear time in the size that it is given. Judged by the ratio of two times, each the
 * least of some, and never by a time alone: sixteen times the size takes sixteen times as long where it is linear, and
 * 256 times where it is quadratic. Whoever else uses the machine counts for little between these two.
 */
export function growsBeyondLinear(act: (size: number) => void): boolean {
  if (littleSizes.some((size) => leastOf(2, () => computedMs(act, size)) >= noticeableMs)) return true;
  return largeSizes.some((size) => {
    if (computedMs(act, size) < noticeableMs) return false;
    const ms = leastOf(3, () => computedMs(act, size));
    const fractionMs = leastOf(20, () => elapsedMs(act, size / factor));
    return ms >= noticeableMs && ms / fractionMs > factor * 4;
  });
}

function leastOf(runs: number, measure: () => number): number {
  return Math.min(...Array.from({ length: runs }, measure));
}

/** What this thread computed meanwhile, whoever else did. */
function computedMs(act: (size: number) => void, size: number): number {
  const before = process.threadCpuUsage();
  act(size);
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}

function elapsedMs(act: (size: number) => void, size: number): number {
  const startedAt = performance.now();
  act(size);
  return performance.now() - startedAt;
}
