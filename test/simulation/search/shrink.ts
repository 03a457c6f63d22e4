import type { History } from '../history/generate-history.ts';
import { runHistory } from '../history/run-history.ts';

/** The history with only those of its steps. */
export function keepSteps(history: History, kept: readonly number[]): History {
  return { ...history, steps: kept.flatMap((index) => history.steps[index] ?? []) };
}

/** The fewest steps, by their numbers, with which the history still breaks that invariant: none of them can go. */
export async function shrink(history: History, invariant: string, agents: number): Promise<readonly number[]> {
  let kept = history.steps.map((_, index) => index);
  for (let index = kept.length - 1; index >= 0; index -= 1) {
    const fewer = kept.toSpliced(index, 1);
    const { violation } = await runHistory(keepSteps(history, fewer), { agents });
    if (violation?.invariant !== invariant) continue;
    kept = fewer;
    // What stands behind may have become needless.
    index = kept.length;
  }
  return kept;
}
