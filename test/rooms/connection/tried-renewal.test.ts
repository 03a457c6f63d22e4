import { describe, expect, it } from 'vitest';
import { followRenewals, recentRenewals } from '../../../agent/connection/tried-renewal.ts';
import { VirtualTime } from '../../data/fakes/virtual-time.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const shift = (time: VirtualTime, ms: number) => new Date(time.now().getTime() + ms);

describe('renewals that are written down', () => {
  it('are as old as the wall clock says when they are first seen, in the order of their age', () => {
    const time = new VirtualTime();
    const [old, young] = [shift(time, -30 * minuteMs), shift(time, -minuteMs)];
    expect(followRenewals([], [young, old], time)).toEqual([
      { writtenAt: old, at: time.instant() - 30 * minuteMs },
      { writtenAt: young, at: time.instant() - minuteMs },
    ]);
  });

  it('grow old on the monotonic clock from then on, however the wall clock is set', async () => {
    const time = new VirtualTime();
    const written = [time.now()];
    const seen = followRenewals([], written, time);
    time.jump(24 * hourMs);
    expect(followRenewals(seen, written, time)).toEqual(seen);
    await time.pass(hourMs - 1);
    expect(recentRenewals(followRenewals(seen, written, time), time.instant())).toHaveLength(1);
    await time.pass(1);
    expect(recentRenewals(followRenewals(seen, written, time), time.instant())).toEqual([]);
  });

  it('count for an hour at most where a clock was ahead when they were written', async () => {
    const time = new VirtualTime();
    const written = [shift(time, 365 * 24 * hourMs)];
    const seen = followRenewals([], written, time);
    expect(seen).toEqual([{ writtenAt: written[0], at: time.instant() }]);
    await time.pass(hourMs);
    const later = followRenewals(seen, written, time);
    expect(recentRenewals(later, time.instant())).toEqual([]);
    await time.pass(minuteMs);
    expect(recentRenewals(followRenewals(later, written, time), time.instant())).toEqual([]);
  });

  it('are known for their hour when the record of them is gone', async () => {
    const time = new VirtualTime();
    const seen = followRenewals([], [time.now()], time);
    expect(followRenewals(seen, [], time)).toEqual(seen);
    await time.pass(hourMs);
    expect(followRenewals(seen, [], time)).toEqual([]);
  });
});
