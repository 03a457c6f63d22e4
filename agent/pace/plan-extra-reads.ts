import type { Instant } from '../time/time.ts';
import type { Trigger } from './triggers.ts';

/** Reads of UCL that are neither due nor asked for, and what they have cost. */
export interface ExtraReads {
  /** The next read of a series of follow-ups, and which of them it is; undefined: none is to come. */
  readonly followUp: { readonly index: number; readonly at: Instant } | undefined;
  /** A tick of the schedule of probes that came, with its phase added. */
  readonly probeAt: Instant | undefined;
  /** The agent is suspended. */
  readonly isResting: boolean;
  /** The calls of extra reads within the last hour, the oldest first. */
  readonly spent: readonly { readonly at: Instant; readonly calls: number }[];
  /** Calls that the last full read took, at least 1: what the next one is expected to take. */
  readonly callsARead: number;
  /** Starts of the latest reads, two at most. */
  readonly readAt: readonly Instant[];
  /** UCL had too much to do: no extra read before. */
  readonly endedUntil: Instant | undefined;
}

export const noExtraReads: ExtraReads = {
  followUp: undefined,
  probeAt: undefined,
  isResting: false,
  spent: [],
  callsARead: 1,
  readAt: [],
  endedUntil: undefined,
};

export interface ExtraReadSettings {
  /** Pauses before the follow-ups of a change, each counted from the read before; none turns them off. */
  readonly followUpDelaysMs: readonly number[];
  /** Calls to UCL that all extra reads of an hour may take. */
  readonly callsPerHour: number;
}

/** What a run asked of UCL. */
export interface AskedOfUcl {
  readonly calls: number;
  /** UCL turned a call away with HTTP 429. */
  readonly isRateLimited: boolean;
}

/** What the plan needs to know of a run that has ended. */
export interface EndedRun extends AskedOfUcl {
  readonly triggers: readonly Trigger[];
  readonly startedAt: Instant;
  /** UCL was read, and nothing failed. */
  readonly hasRead: boolean;
  /** `begin`: something changed, or somebody waits for a change; `end`: the agent is suspended. */
  readonly followUps: 'begin' | 'keep' | 'end';
  /** When UCL is read next by the schedule, or as a try again; undefined: never by itself. */
  readonly turnAt: Instant | undefined;
}

const hourMs = 3_600_000;
/** More reads than that within the time of four floors, a minute at most, are left to the schedule and to requests. */
const readsInPeace = 2;
const toPeaceMs = (floorMs: number) => Math.min(4 * floorMs, 60_000);
/** Agents that started, or were changed, together must not follow up together. */
const jitterShare = 0.2;
/** Runs with one of these ask UCL because it is due or asked for, whatever else they are for. */
const owed: ReadonlySet<Trigger> = new Set(['start', 'schedule', 'retry', 'clock', 'configuration', 'connection']);

/**
 * The extra reads after a run. A read for another reason that comes when a follow-up is near takes its place, and one
 * that would delay the schedule is left to it. What the limit of an hour has no room for does not come at all: the
 * schedule reads UCL soon enough. Pure.
 * @param floorMs Between the starts of two reads.
 * @param random 0 to 1.
 */
export function planExtraReads(
  before: ExtraReads,
  run: EndedRun,
  settings: ExtraReadSettings,
  floorMs: number,
  random: number,
): ExtraReads {
  const { startedAt, calls, hasRead, isRateLimited } = run;
  const lately = before.spent.filter(({ at }) => at > startedAt - hourMs);
  const after = {
    spent: isExtra(run.triggers) && calls > 0 ? [...lately, { at: startedAt, calls }] : lately,
    callsARead: hasRead ? Math.max(calls, 1) : before.callsARead,
    readAt: hasRead ? [...before.readAt, startedAt].slice(-readsInPeace) : before.readAt,
    endedUntil: isRateLimited ? startedAt + hourMs : before.endedUntil,
    isResting: run.followUps === 'end' || (before.isResting && !hasRead),
  };
  const isEnded = run.followUps === 'end' || (after.endedUntil ?? startedAt) > startedAt;
  if (isEnded) return { ...after, followUp: undefined, probeAt: undefined };
  const isProbed = run.triggers.includes('probe') || isReplaced(before.probeAt, run, floorMs);
  const probeAt = isProbed || !hasRoom(after.spent, 1, settings, before.probeAt) ? undefined : before.probeAt;
  const wanted = toFollowUp(before.followUp, run, settings, floorMs, random);
  if (wanted === undefined) return { ...after, followUp: undefined, probeAt };
  const at = besideReads(wanted.at, run, after.readAt, floorMs);
  const followUp = hasRoom(after.spent, after.callsARead, settings, at) ? { ...wanted, at } : undefined;
  return { ...after, followUp, probeAt };
}

/**
 * The extra reads after a tick of the schedule of probes. One that has no room, or that a turn of the schedule follows
 * before the floor is over, does not come; a probe whose turn is still to come keeps it. Pure.
 * @param at The tick with its phase added.
 */
export function afterProbeTick(
  extra: ExtraReads,
  at: Instant,
  turnAt: Instant | undefined,
  settings: ExtraReadSettings,
  floorMs: number,
): ExtraReads {
  const isBesideTurn = turnAt !== undefined && turnAt >= at && turnAt < at + floorMs;
  const isEnded = extra.isResting || (extra.endedUntil ?? at) > at;
  if (isBesideTurn || isEnded || !hasRoom(extra.spent, 1, settings, at)) return extra;
  return { ...extra, probeAt: extra.probeAt ?? at };
}

function hasRoom(
  spent: ExtraReads['spent'],
  calls: number,
  { callsPerHour }: ExtraReadSettings,
  at: Instant = Number.NEGATIVE_INFINITY,
): boolean {
  return roomFrom(spent, calls, callsPerHour) <= at;
}

/** Whether a read comes so shortly before a planned one that it takes its place. */
function isReplaced(at: Instant | undefined, { hasRead, startedAt }: EndedRun, floorMs: number): boolean {
  return at !== undefined && hasRead && at <= startedAt + floorMs;
}

function isExtra(triggers: readonly Trigger[]): boolean {
  return (
    triggers.some((trigger) => trigger === 'follow-up' || trigger === 'probe') &&
    !triggers.some((trigger) => owed.has(trigger))
  );
}

function toFollowUp(
  present: ExtraReads['followUp'],
  run: EndedRun,
  { followUpDelaysMs }: ExtraReadSettings,
  floorMs: number,
  random: number,
): ExtraReads['followUp'] {
  const { triggers, startedAt, followUps } = run;
  const begin = (index: number) => {
    const delayMs = followUpDelaysMs[index];
    return delayMs === undefined ? undefined : { index, at: startedAt + delayMs * (1 + random * jitterShare) };
  };
  if (followUps === 'begin') return begin(0);
  if (present === undefined) return undefined;
  const isOver = triggers.includes('follow-up') || isReplaced(present.at, run, floorMs);
  return isOver ? begin(present.index + 1) : present;
}

/**
 * When a follow-up comes, given the reads before and after it. A turn of the schedule must not wait for the floor after a
 * follow-up: it comes in its place. It does so too where the two and the last read would be three in too short a time.
 */
function besideReads(
  wantedAt: Instant,
  { startedAt, hasRead, turnAt }: EndedRun,
  readAt: readonly Instant[],
  floorMs: number,
): Instant {
  const oldest = readAt.length < readsInPeace ? undefined : readAt[0];
  const at = Math.max(
    wantedAt,
    hasRead ? startedAt + floorMs : wantedAt,
    oldest === undefined ? wantedAt : oldest + toPeaceMs(floorMs),
  );
  if (turnAt === undefined || turnAt < at) return at;
  const isThird = turnAt < (readAt.at(-1) ?? Number.NEGATIVE_INFINITY) + toPeaceMs(floorMs);
  return isThird || turnAt < at + floorMs ? turnAt + floorMs : at;
}

/** From when on so many calls more are within the limit of an hour; Infinity: they never are. */
function roomFrom(spent: ExtraReads['spent'], calls: number, callsPerHour: number): Instant {
  let total = calls + spent.reduce((sum, one) => sum + one.calls, 0);
  let from = Number.NEGATIVE_INFINITY;
  for (const one of spent) {
    if (total <= callsPerHour) return from;
    total -= one.calls;
    from = one.at + hourMs;
  }
  return total <= callsPerHour ? from : Number.POSITIVE_INFINITY;
}
