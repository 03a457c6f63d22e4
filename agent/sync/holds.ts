import { hash } from 'node:crypto';
import type { Instant } from '../time/time.ts';

/** A large removal that waits until it is certain, or until a person approves it. */
export interface Hold {
  /** Names this hold and no later one of the same Applications: what an approval is about. */
  readonly id: string;
  /** The Applications that would go, as `<id of the system>/<name>`. The list only ever shrinks. */
  readonly keys: readonly string[];
  readonly since: Date;
  /** When it may act, by the wall clock: for people, and for the next life. undefined: a person decides. */
  readonly until: Date | undefined;
  /** The same by the monotonic clock of this life. */
  readonly endsAt: Instant | undefined;
  /** End of the first complete read of this life, after the one that began the hold, which lacked every system of it. */
  readonly confirmedAt: Instant | undefined;
}

/** What is stored of a hold for the next life. */
export interface StoredHold extends Pick<Hold, 'id' | 'keys' | 'since' | 'until'> {
  /** It came with a backup that was put back: what UCL has assigned since it was made is not known. */
  readonly isFromBackup?: boolean;
}

/** How long a hold lasts, in milliseconds; undefined: until a person approves it. */
export type HoldTime = number | undefined;

/** A moment by both clocks: `now` is told to people and stored, `instant` measures. */
export interface Moment {
  readonly now: Date;
  readonly instant: Instant;
}

/** What the wall clock may go apart from the monotonic one before it counts as set. */
const maxClockSlipMs = 60_000;
/** Two reads that confirm a hold lie at least this share of it apart: one disturbance must not make both. */
const confirmingShare = 1 / 4;

export function beginHold(keys: readonly string[], { now, instant }: Moment, holdMs: HoldTime): Hold {
  const sorted = [...keys].sort();
  return {
    id: toHoldId(sorted, now),
    keys: sorted,
    since: now,
    until: holdMs === undefined ? undefined : new Date(now.getTime() + holdMs),
    endsAt: holdMs === undefined ? undefined : instant + holdMs,
    confirmedAt: undefined,
  };
}

/**
 * A hold of a former life. What remains of it is cut to the length of a hold, since either clock may have been wrong, and
 * reads of the former life confirm nothing. One from a backup begins anew, as another one. Pure.
 */
export function resumeHold(stored: StoredHold, moment: Moment, holdMs: HoldTime): Hold {
  if (stored.isFromBackup === true) return beginHold(stored.keys, moment, holdMs);
  const { now, instant } = moment;
  const remainingMs =
    holdMs === undefined ? undefined : clamp((stored.until?.getTime() ?? Infinity) - now.getTime(), 0, holdMs);
  return {
    ...stored,
    until: remainingMs === undefined ? undefined : new Date(now.getTime() + remainingMs),
    endsAt: remainingMs === undefined ? undefined : instant + remainingMs,
    confirmedAt: undefined,
  };
}

/** A hold of this life as it is stored: the next life must not believe a wall clock that was set meanwhile. Pure. */
export function followClock(hold: Hold, { now, instant }: Moment): Hold {
  if (hold.endsAt === undefined || hold.until === undefined) return hold;
  const until = toPresentTime(hold.until, hold.endsAt - instant, now);
  const slipMs = until.getTime() - hold.until.getTime();
  return slipMs === 0 ? hold : { ...hold, since: new Date(hold.since.getTime() + slipMs), until };
}

/** A time by the wall clock as it stands now, where it was set so that `time` is no longer that far ahead. Pure. */
export function toPresentTime(time: Date, aheadMs: number, now: Date): Date {
  const present = now.getTime() + aheadMs;
  return Math.abs(present - time.getTime()) > maxClockSlipMs ? new Date(present) : time;
}

/** Whether a complete read that began at `instant` and lacked every held system ends the hold. Pure. */
export function isOver({ endsAt, confirmedAt }: Hold, instant: Instant, holdMs: HoldTime): boolean {
  if (endsAt === undefined || confirmedAt === undefined || holdMs === undefined) return false;
  return instant >= endsAt && instant - confirmedAt >= holdMs * confirmingShare;
}

/** When the agent reads UCL by itself for this hold: at half of it, and at its end. undefined: it waits for a person. */
export function nextLook({ endsAt, confirmedAt }: Hold, holdMs: HoldTime): Instant | undefined {
  if (endsAt === undefined || holdMs === undefined) return undefined;
  return confirmedAt === undefined ? endsAt - holdMs / 2 : Math.max(endsAt, confirmedAt + holdMs * confirmingShare);
}

/** When the hold can be over at the earliest, by the wall clock as it stands now. Pure. */
export function toActAt(hold: Hold, { now, instant }: Moment, holdMs: HoldTime): Date | undefined {
  if (hold.endsAt === undefined || holdMs === undefined) return undefined;
  const at = Math.max(hold.endsAt, (hold.confirmedAt ?? instant) + holdMs * confirmingShare);
  return new Date(now.getTime() + Math.max(at - instant, 0));
}

function clamp(value: number, minimum: number, maximum: number): number {
  return Math.min(Math.max(value, minimum), maximum);
}

/** The moment is part of it: the same Applications held again are another hold, which nobody has approved. */
function toHoldId(keys: readonly string[], since: Date): string {
  return hash('sha256', [since.toISOString(), ...keys].join('\n')).slice(0, 12);
}
