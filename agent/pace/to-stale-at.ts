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
