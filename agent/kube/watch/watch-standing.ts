import type { AgentError } from '../../errors/agent-error.ts';
import { isKubeError } from '../api/kube-error.ts';
import type { WatchTimings } from './watch-timings.ts';

/**
 * Where a watch stands. `starting`: nothing is known yet. `synced`: the cache follows the cluster. `forbidden`: a
 * permission is missing, the cache is not to be used unless the watch polls. `missing`: the CRD is not installed.
 * `failing`: the API server cannot be reached, or keeps breaking the watch.
 */
export type WatchPhase = 'starting' | 'synced' | 'forbidden' | 'missing' | 'failing';

/** What is known of a watch; a value that the functions of this file carry on. */
export interface WatchStanding {
  readonly phase: WatchPhase;
  /** The cache is fresh although the watch is forbidden. */
  readonly polled: boolean;
  /** Streams in a row that did not live long enough. */
  readonly failures: number;
  readonly error: AgentError | undefined;
}

/** What the loss of a watch means, as the end of a sentence: "... , so <consequence>." */
export interface Consequences {
  readonly consequence: string;
  /** The same where only watching is not permitted and listing is; the other one by default. */
  readonly consequenceUnwatched?: string;
}

export const startingWatch: WatchStanding = { phase: 'starting', polled: false, failures: 0, error: undefined };

/** A broken watch is retried this often before its cache counts as out of date. */
const toleratedFailures = 3;

/** The stream is open. */
export function afterOpening(standing: WatchStanding): WatchStanding {
  return { ...standing, phase: 'synced', polled: false, error: undefined };
}

/** The API server ended the stream. */
export function afterEnding(standing: WatchStanding, livedMs: number, { stableMs }: WatchTimings): WatchStanding {
  return { ...standing, failures: livedMs >= stableMs ? 0 : standing.failures + 1 };
}

/** The list or the stream failed. `polls`: the one object that is watched is read while it may not be watched. */
export function afterFailure(
  standing: WatchStanding,
  error: AgentError,
  { livedMs, polls }: { livedMs: number; polls: boolean },
  { stableMs }: WatchTimings,
): WatchStanding {
  const failures = livedMs >= stableMs ? 1 : standing.failures + 1;
  const next = judgeFailure(standing, error, failures);
  // The list that came before the refused watch is as good as a poll.
  return polls && next.phase === 'forbidden' && isListable(next) ? { ...next, polled: true } : next;
}

function judgeFailure(standing: WatchStanding, error: AgentError, failures: number): WatchStanding {
  if (isKubeError(error, 'expired')) return judgeExpiry(standing, error, failures);
  if (isKubeError(error, 'forbidden', 'unauthenticated')) return enter(standing, 'forbidden', failures, error);
  if (isKubeError(error, 'crd-missing', 'not-found')) return enter(standing, 'missing', failures, error);
  const phase = standing.phase !== 'synced' || failures >= toleratedFailures ? 'failing' : 'synced';
  return { phase, polled: false, failures, error };
}

/** What the watch missed is not known before it lists again: at once, or after a pause, in which its cache is out of date. */
function judgeExpiry(standing: WatchStanding, error: AgentError, failures: number): WatchStanding {
  const isListedAtOnce = standing.phase !== 'synced' || failures <= 1;
  return isListedAtOnce ? { ...standing, failures } : { phase: 'failing', polled: false, failures, error };
}

/** A new kind of trouble begins with the shortest pause. */
function enter(
  standing: WatchStanding,
  phase: 'forbidden' | 'missing',
  failures: number,
  error: AgentError,
): WatchStanding {
  const polled = phase === 'forbidden' && standing.polled;
  return { phase, polled, failures: standing.phase === phase ? failures : 1, error };
}

/** The one object was read in place of the watch. */
export function afterPoll(standing: WatchStanding): WatchStanding {
  return { ...standing, polled: true };
}

/** It could not be read; `error` is told where a permission is missing for that too. */
export function afterFailedPoll(standing: WatchStanding, error: unknown): WatchStanding {
  return isKubeError(error, 'forbidden', 'unauthenticated')
    ? { ...standing, polled: false, error }
    : { ...standing, polled: false };
}

/** Whether the watch has to list afresh, since its resource version is of no use any more. */
export function needsList(error: AgentError): boolean {
  return isKubeError(
    error,
    'expired',
    'forbidden',
    'unauthenticated',
    'crd-missing',
    'not-found',
    // Whatever stood between and swallowed the stream may have swallowed events of it too.
    'silent',
  );
}

/** Whether the objects may be listed, as far as is known; it may be allowed although they may not be watched. */
export function isListable({ phase, error }: WatchStanding): boolean {
  if (phase !== 'forbidden') return true;
  return isKubeError(error, 'forbidden', 'unauthenticated') && error.failure.attempt.verb === 'watch';
}

/** How long to wait before the next stream; 0: it may follow at once. `chance` is from 0 to 1. */
export function toPauseMs(standing: WatchStanding, timings: WatchTimings, chance: number): number {
  const { phase, failures, error } = standing;
  // One short-lived stream is followed at once; a series of them must not become a hot loop.
  if (failures === 0 || (phase === 'synced' && failures === 1)) return 0;
  const { first, most } = phase === 'forbidden' ? timings.forbiddenMs : timings.backoffMs;
  const backoffMs = Math.min(most, first * 2 ** Math.min(failures - 1, 20)) * (0.8 + chance * 0.4);
  return Math.max(backoffMs, error?.retryAfterMs ?? 0);
}

/** What is wrong, as a sentence; undefined while all is well. */
export function describeLimitation(standing: WatchStanding, consequences: Consequences): string | undefined {
  const { phase, error } = standing;
  if (phase === 'starting' || phase === 'synced' || error === undefined) return undefined;
  const { consequence, consequenceUnwatched = consequence } = consequences;
  const unwatched = phase === 'forbidden' && isListable(standing);
  return `${error.message}, so ${unwatched ? consequenceUnwatched : consequence}.`;
}
