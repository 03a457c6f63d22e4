import { generateHistory } from '../history/generate-history.ts';
import { runHistory } from '../history/run-history.ts';
import { findKnown } from '../known-violations.ts';
import { keepSteps, shrink } from './shrink.ts';

/** A violation that nobody knows, as it is told. */
export interface Finding {
  readonly seed: number;
  readonly invariant: string;
  readonly message: string;
  /** Runs it again: the seed, and the numbers of the steps that matter. */
  readonly command: string;
  readonly steps: readonly string[];
}

export interface SeedOutcome {
  readonly seed: number;
  readonly steps: number;
  readonly events: number;
  readonly virtualMs: number;
  /** The issue and line that the violation belongs to. */
  readonly known: string | undefined;
  readonly finding: Finding | undefined;
}

/** Runs the history of a seed with so many agents; what it breaks is shrunk unless it is known. */
export async function trySeed(seed: number, agents: number): Promise<SeedOutcome> {
  const history = generateHistory(seed, agents);
  const { violation, events, virtualMs } = await runHistory(history, { agents });
  const figures = { seed, steps: history.steps.length, events, virtualMs };
  if (violation === undefined) return { ...figures, known: undefined, finding: undefined };
  const known = findKnown(violation, history);
  if (known !== undefined) return { ...figures, known: known.line, finding: undefined };
  const { invariant, message } = violation;
  const kept = await shrink(history, invariant, agents);
  const steps = keepSteps(history, kept).steps.map((step) => JSON.stringify(step));
  const command = `npm run test:simulation -- --seed ${seed}/${kept.join('.')}${agents === 1 ? '' : ` --agents ${agents}`}`;
  return { ...figures, known: undefined, finding: { seed, invariant, message, command, steps } };
}
