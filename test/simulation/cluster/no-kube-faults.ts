import type { Plural } from './object.ts';

/** What is wrong with the API server at present; each for some time. */
export interface KubeFaults {
  /** Nobody listens; every request fails; or it asks for patience. */
  outage: 'unreachable' | 'failing' | 'busy' | undefined;
  /** Verbs that the agent may not use on a kind. */
  forbidden: { readonly plural: Plural; readonly verbs: readonly string[] } | undefined;
  /** Share of the answers that are lost after the effect. */
  lostAnswers: number;
  /** Share of the updates just before which somebody else writes the same object. */
  conflicts: number;
  /** Added to each way, and to what watches tell, in milliseconds. */
  delayMs: number;
  watchDelayMs: number;
  /** Streams stay open and tell nothing. */
  areWatchesSilent: boolean;
  /** A webhook changes the Applications that are written. */
  isMutating: boolean;
  collectionDelayMs: number;
}

export function noKubeFaults(): KubeFaults {
  return {
    outage: undefined,
    forbidden: undefined,
    lostAnswers: 0,
    conflicts: 0,
    delayMs: 0,
    watchDelayMs: 0,
    areWatchesSilent: false,
    isMutating: false,
    collectionDelayMs: 0,
  };
}
