import { readLines, recordLine } from '../recorded-lines.ts';

/** What came of one scenario of the fault suite. */
export interface TrialResult {
  /** As in `scenario-groups.ts`. */
  readonly scenario: string;
  /** How often the fault struck, and what it struck: `12 requests`. */
  readonly injected: string;
  /** One line for each thing that was lost. */
  readonly lost: readonly string[];
  /** From the end of the fault until the cluster was what UCL has, and Ready. */
  readonly recoveredMs: number;
}

/** Environment by which `npm run test:faults` names the file that its tests add their results to. */
export const trialsVariable = 'UCL_FAULT_TRIALS';

export function recordTrial(result: TrialResult): void {
  recordLine(trialsVariable, result);
}

export function readTrials(file: string): TrialResult[] {
  return readLines(file);
}
