import { Cron } from 'croner';
import { toShare } from '../domain/to-share.ts';

/** When the agent synchronises by itself: a cron expression (seconds allowed), or every so many milliseconds. */
export type ScheduleSetting =
  | { readonly kind: 'cron'; readonly expression: string }
  | { readonly kind: 'period'; readonly periodMs: number };

/** A phase beyond that would move a rare schedule ("at 3 in the morning") to another time of day. */
const longestPhaseMs = 10 * 60_000;

/**
 * The first tick of the schedule after that moment; undefined for an expression that names no further one. A period
 * ticks at its multiples since 1970, so that a restart keeps the rhythm. Pure: the same input, the same answer.
 */
export function nextTick(schedule: ScheduleSetting, after: Date): Date | undefined {
  if (schedule.kind === 'cron') return parseCron(schedule.expression).nextRun(after) ?? undefined;
  return new Date((Math.floor(after.getTime() / schedule.periodMs) + 1) * schedule.periodMs);
}

/** Each of the settings has one, and croner takes 80 KiB to read it. */
const parsedCrons = new Map<string, Cron>();

function parseCron(expression: string): Cron {
  // A day of the month and one of the week must both fit, as for node-cron, which fires.
  const cron = parsedCrons.get(expression) ?? new Cron(expression, { domAndDow: true });
  parsedCrons.set(expression, cron);
  return cron;
}

/** How long after a tick this runtime has its turn: stable for one runtime, spread over a fleet. Pure. */
export function toPhaseMs(schedule: ScheduleSetting, runtimeId: string, after: Date): number {
  return Math.floor(toSpreadMs(schedule, after) * toShare(`phase/${runtimeId}`));
}

/** When the next scheduled sync is due, its phase included. Pure. */
export function nextScheduled(schedule: ScheduleSetting, runtimeId: string, after: Date): Date | undefined {
  const phaseMs = toPhaseMs(schedule, runtimeId, after);
  const tick = nextTick(schedule, new Date(after.getTime() - phaseMs));
  return tick && new Date(tick.getTime() + phaseMs);
}

/**
 * The turn of a tick that came before `after`, where it is still to come: whoever starts between the two hears of no
 * tick, and would let a turn pass that {@link nextScheduled} announces. Pure.
 */
export function turnOfPastTick(schedule: ScheduleSetting, runtimeId: string, after: Date): Date | undefined {
  const turn = nextScheduled(schedule, runtimeId, after);
  const tick = nextTick(schedule, after);
  return turn !== undefined && (tick === undefined || turn < tick) ? turn : undefined;
}

function toSpreadMs(schedule: ScheduleSetting, after: Date): number {
  if (schedule.kind === 'period') return schedule.periodMs;
  const first = nextTick(schedule, after);
  const second = first && nextTick(schedule, first);
  return second === undefined || first === undefined ? 0 : Math.min(second.getTime() - first.getTime(), longestPhaseMs);
}
