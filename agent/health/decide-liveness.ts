import type { Verdict } from './health-server.ts';

/** What the loop tells about itself; instants are milliseconds since the epoch. */
export interface LoopProgress {
  now: number;
  /** When the loop last took a step: began, advanced or ended a run, or looked at its queue. */
  lastProgressAt: number;
  /** Since when a run is going on; undefined: the loop is idle. */
  busySince: number | undefined;
  /** When the loop means to wake up next; undefined: only when something happens. */
  nextWakeAt: number | undefined;
  /** How long a run may go without progress. */
  busyLimitMs: number;
  /** How late a planned start may be. */
  lateLimitMs: number;
  /** How far ahead a start can be planned; the pauses and holds of the loop are shorter. */
  farLimitMs: number;
}

/**
 * Whether the loop makes progress. A failing UCL, a missing configuration or an unreachable API server are not this
 * check's business: restarting the agent would not help. It fails only for a run that hangs, and for a wake-up that
 * never came or is planned for a time that nobody lives to see.
 */
export function decideLiveness(progress: LoopProgress): Verdict {
  const { now, lastProgressAt, busySince, nextWakeAt, busyLimitMs, lateLimitMs, farLimitMs } = progress;
  if (busySince !== undefined) {
    const silentMs = now - Math.max(lastProgressAt, busySince);
    return silentMs <= busyLimitMs
      ? { ok: true, detail: 'A run is in progress.' }
      : { ok: false, detail: `The current run has made no progress for ${seconds(silentMs)} s.` };
  }
  const aheadMs = nextWakeAt === undefined ? 0 : nextWakeAt - now;
  if (aheadMs > farLimitMs) return { ok: false, detail: `The next run is planned ${seconds(aheadMs)} s ahead.` };
  // Progress after the planned time means that the loop woke up and has not planned anew yet.
  const lateMs = nextWakeAt === undefined ? 0 : now - Math.max(nextWakeAt, lastProgressAt);
  return lateMs <= lateLimitMs
    ? { ok: true, detail: 'The agent waits for its next run.' }
    : { ok: false, detail: `The next run should have started ${seconds(lateMs)} s ago.` };
}

function seconds(durationMs: number): number {
  return Math.round(durationMs / 1000);
}
