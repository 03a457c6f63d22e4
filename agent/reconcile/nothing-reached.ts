import type { RunOutcome } from '../pace/pace-state.ts';

/** Of a run that came to nothing, but for why and when. */
export const nothingReached: Omit<RunOutcome, 'failure' | 'answeredAt' | 'writtenAt' | 'endedAt'> = {
  untold: undefined,
  isKept: false,
  hasSynced: false,
  hasTakenBack: false,
  nextMend: undefined,
  nextLook: undefined,
  nextChange: undefined,
  followUps: 'keep',
};
