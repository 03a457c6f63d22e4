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
  /** Whether the violation, in a history of these steps, can be it. */
  readonly isIt: (steps: readonly Step[], violation: Violation) => boolean;
}

export const knownViolations: readonly KnownViolation[] = [];

/** The known fault that the violation can be; undefined for one that nobody knows. */
export function findKnown(violation: Violation, history: History): KnownViolation | undefined {
  return knownViolations.find(
    ({ invariants, isIt }) => invariants.includes(violation.invariant) && isIt(history.steps, violation),
  );
}
