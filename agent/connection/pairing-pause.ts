import type { Instant, Time } from '../time/time.ts';

/** A pause between two tries with a token, counted from when the agent first saw what is written down. */
export interface PairingPause {
  /** As written down. */
  readonly notBefore: Date;
  readonly until: Instant;
}

/**
 * The pause for what is written down, which is wall time because it must outlive a restart. Seen for the first time it
 * is counted on the monotonic clock from then on, and never for longer than the longest delay: neither a clock that
 * was ahead when it was written nor one that is set back meanwhile can stop the pairing.
 */
export function followPause(
  known: PairingPause | undefined,
  notBefore: Date | undefined,
  time: Pick<Time, 'now' | 'instant'>,
  longestDelayMs: number,
): PairingPause | undefined {
  if (notBefore === undefined) return undefined;
  if (known?.notBefore.getTime() === notBefore.getTime()) return known;
  const leftMs = Math.min(notBefore.getTime() - time.now().getTime(), longestDelayMs);
  return { notBefore, until: time.instant() + leftMs };
}

/** How long a pause still lasts, in milliseconds; 0 when it is over. */
export function toLeftMs(pause: PairingPause | undefined, instant: Instant): number {
  return pause === undefined ? 0 : Math.max(pause.until - instant, 0);
}
