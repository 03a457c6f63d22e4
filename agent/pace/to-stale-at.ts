import { nextScheduled, type ScheduleSetting } from './next-scheduled.ts';

/** Turns that may pass without a success: one is lost easily, to a short outage or a busy server. */
const missedTurns = 3;
/** A sync takes its time. */
const marginMs = 60_000;

/**
 * From when on a success at `since` is too old to be believed: its third turn of the schedule has passed, and a minute.
 * undefined for a schedule that does not come so often any more. Pure.
 */
export function toStaleAt(schedule: ScheduleSetting, runtimeId: string, since: Date): Date | undefined {
  let turn: Date | undefined = since;
  for (let missed = 0; missed < missedTurns && turn !== undefined; missed += 1) {
    turn = nextScheduled(schedule, runtimeId, turn);
  }
  return turn && new Date(turn.getTime() + marginMs);
}

/** A status is written at least so often, whatever happens. */
const shortestRefreshMs = 5 * 60_000;

/** How old the times of a status may become that a sync without change moves: five minutes, or one turn where that is longer. Pure. */
export function toRefreshMs(schedule: ScheduleSetting, runtimeId: string, now: Date): number {
  const turn = nextScheduled(schedule, runtimeId, now);
  const next = turn && nextScheduled(schedule, runtimeId, turn);
  return Math.max(shortestRefreshMs, turn === undefined || next === undefined ? 0 : next.getTime() - turn.getTime());
}

/**
 * Until when a status that is written now can be believed: it is written again before, by a sync or, where none comes, for
 * that. Pure.
 */
export function toStaleAfter(schedule: ScheduleSetting, runtimeId: string, now: Date): Date {
  const refreshed = now.getTime() + toRefreshMs(schedule, runtimeId, now);
  // The first sync after that writes it.
  const written = nextScheduled(schedule, runtimeId, new Date(refreshed))?.getTime() ?? refreshed;
  const staleAt = toStaleAt(schedule, runtimeId, now)?.getTime() ?? 0;
  return new Date(Math.max(staleAt, written + marginMs));
}
