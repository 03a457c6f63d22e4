import { describe, expect, test } from 'vitest';
import type { ScheduleSetting } from '../../../agent/pace/next-scheduled.ts';
import { startTicker } from '../../../agent/pace/start-ticker.ts';
import { VirtualTime } from '../../data/fakes/virtual-time.ts';

const hour = 3_600_000;
const schedules: [string, ScheduleSetting][] = [
  ['a cron expression', { kind: 'cron', expression: '*/2 * * * * *' }],
  ['a period', { kind: 'period', periodMs: 2_000 }],
];

/** When it ticks, by the monotonic clock, from a whole minute on. */
function start(schedule: ScheduleSetting) {
  const time = new VirtualTime();
  const stop = new AbortController();
  const ticks: number[] = [];
  startTicker(schedule, () => void ticks.push(time.instant()), time, stop.signal);
  return { time, ticks, stop };
}

describe.each(schedules)('The ticker with %s', (_, schedule) => {
  test('ticks at each instant of it, once, until it is stopped', async () => {
    const { time, ticks, stop } = start(schedule);
    await time.pass(10_000);
    expect(ticks).toEqual([2_000, 4_000, 6_000, 8_000, 10_000]);
    stop.abort();
    await time.pass(10_000);
    expect(ticks).toHaveLength(5);
  });

  test('ticks once for an instant, also where the wall clock is a little behind by then', async () => {
    const { time, ticks, stop } = start(schedule);
    await time.pass(1_000);
    time.jump(-50);
    await time.pass(4_000);
    expect(ticks).toEqual([2_000, 4_050]);
    stop.abort();
  });

  test.each([-6 * hour, 2 * hour, 365 * 24 * hour])(
    'goes on in its rhythm when the wall clock is set by %d ms, just before a tick too',
    async (byMs) => {
      for (const at of [2_500, 3_999, 4_000, 4_001]) {
        const { time, ticks, stop } = start(schedule);
        await time.pass(at);
        time.jump(byMs);
        await time.pass(20_000);
        const after = ticks.filter((instant) => instant > at);
        expect(after.length).toBeGreaterThanOrEqual(9);
        expect(after.length).toBeLessThanOrEqual(11);
        stop.abort();
      }
    },
  );
});
