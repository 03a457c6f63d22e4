import type { Plural } from './object.ts';

export interface RefusedObject {
  readonly plural: Plural;
  readonly name: string;
  /** By the schema, or by an admission webhook. */
  readonly status: 422 | 403;
  /** Whether it stays refused when all other faults end. */
  readonly lasts: boolean;
}

/** What is wrong with the API server at present; each for some time. */
export interface KubeFaults {
  /** Nobody listens; every request fails; or it asks for patience. */
  outage: 'unreachable' | 'failing' | 'busy' | undefined;
  /** Verbs that the agent may not use on some kinds. */
  forbidden: { readonly plurals: readonly Plural[]; readonly verbs: readonly string[] } | undefined;
  /** The one object that nobody may create or update. */
  refused: RefusedObject | undefined;
  /** Share of the answers that are lost after the effect. */
  lostAnswers: number;
  /** Share of the updates just before which somebody else writes the same object. */
  conflicts: number;
  /** Added to each way, and to what watches tell, in milliseconds. */
  delayMs: number;
  watchDelayMs: number;
  /** Streams stay open and tell nothing. */
  areWatchesSilent: boolean;
  /** How many changes each stream tells once more when it is opened. */
  repeatedChanges: number;
  /** A webhook labels the Applications that are written, or changes what they say. */
  isMutating: boolean;
  isRewriting: boolean;
  collectionDelayMs: number;
}

export function noKubeFaults(): KubeFaults {
  return {
    outage: undefined,
    forbidden: undefined,
    refused: undefined,
    lostAnswers: 0,
    conflicts: 0,
    delayMs: 0,
    watchDelayMs: 0,
    areWatchesSilent: false,
    repeatedChanges: 0,
    isMutating: false,
    isRewriting: false,
    collectionDelayMs: 0,
  };
}
