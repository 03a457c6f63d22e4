import type { Instant, Time } from '../time/time.ts';

const windowMs = 60 * 60_000;

/** A renewal that was tried, in this life or in one before. */
export interface TriedRenewal {
  /** As written down: wall time, since it must outlive a restart. */
  readonly writtenAt: Date;
  readonly at: Instant;
  /** UCL refused the certificate, and told nothing else. This life alone knows. */
  readonly isRefused?: boolean;
}

/**
 * What is known of renewals after a look at what is written down. What is seen there for the first time is counted on the
 * monotonic clock from then on, and never as later than now: a clock that was ahead holds no renewal up for over an hour.
 * Pure but for the clocks.
 */
export function followRenewals(
  known: readonly TriedRenewal[],
  written: readonly Date[],
  time: Pick<Time, 'now' | 'instant'>,
): TriedRenewal[] {
  const find = (writtenAt: Date) => known.find((tried) => tried.writtenAt.getTime() === writtenAt.getTime());
  const found = written.map((writtenAt) => find(writtenAt) ?? seeFirst(writtenAt, time));
  const unwritten = recentRenewals(known, time.instant()).filter((tried) => !found.includes(tried));
  return [...found, ...unwritten].toSorted((left, right) => left.at - right.at);
}

/** Those of the last hour, which are all that counts. Pure. */
export function recentRenewals(renewals: readonly TriedRenewal[], now: Instant): TriedRenewal[] {
  return renewals.filter(({ at }) => now < toForgetAt(at));
}

/** When a renewal that was tried then counts no more. Pure. */
export function toForgetAt(at: Instant): Instant {
  return at + windowMs;
}

function seeFirst(writtenAt: Date, time: Pick<Time, 'now' | 'instant'>): TriedRenewal {
  const ageMs = Math.max(time.now().getTime() - writtenAt.getTime(), 0);
  return { writtenAt, at: time.instant() - ageMs };
}
