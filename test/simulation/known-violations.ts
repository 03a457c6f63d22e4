import type { History } from './history/generate-history.ts';
import type { Step } from './history/step.ts';
import type { Violation } from './history/world.ts';

/**
 * A fault that is known and has an issue. It may stay until that issue is resolved; then its entry goes from here and
 * becomes a mutation.
 */
export interface KnownViolation {
  /** Number of the issue, its section and line. */
  readonly line: string;
  readonly fault: string;
  /** Shows it. A test fails when it no longer does. */
  readonly seed: number;
  /** What the seed breaks, and what else the fault can break. */
  readonly invariants: readonly [string, ...string[]];
  /** Whether a history holds what leads to it. */
  readonly isPossible: (steps: readonly Step[], history: History) => boolean;
}

const has =
  (...deeds: readonly Step['do'][]) =>
  (steps: readonly Step[]) =>
    steps.some((step) => deeds.includes(step.do));
export const knownViolations: readonly KnownViolation[] = [
  {
    line: '10, 3.3',
    fault: 'a controller that keeps setting resyncNow costs more calls and status writes than the limit',
    seed: 222,
    invariants: ['ucl-is-left-in-peace', 'status-is-written-rarely'],
    isPossible: has('nag'),
  },
  {
    line: '11, 1.8',
    fault: 'a deleted CA Secret stays away until the next start, and all is green',
    seed: 154,
    invariants: ['converges', 'acts-lead-on'],
    isPossible: has('delete-authority-secret'),
  },
];

/** The known fault that the violation can be; undefined for one that nobody knows. */
export function findKnown(violation: Violation, history: History): KnownViolation | undefined {
  return knownViolations.find(
    ({ invariants, isPossible }) => invariants.includes(violation.invariant) && isPossible(history.steps, history),
  );
}
