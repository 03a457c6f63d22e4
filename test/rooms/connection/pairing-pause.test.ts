import { describe, expect, it } from 'vitest';
import { followPause, toLeftMs } from '../../../agent/connection/pairing-pause.ts';
import { VirtualTime } from '../../data/fakes/virtual-time.ts';

const minuteMs = 60_000;
const longestMs = 10 * minuteMs;
const inMinutes = (now: Date, minutes: number) => new Date(now.getTime() + minutes * minuteMs);

describe('the pause between two tries with a token', () => {
  it('lasts until the time that is written down', async () => {
    const time = new VirtualTime();
    const pause = followPause(undefined, inMinutes(time.now(), 3), time, longestMs);
    expect(toLeftMs(pause, time.instant())).toBe(3 * minuteMs);
    await time.pass(2 * minuteMs);
    expect(toLeftMs(pause, time.instant())).toBe(minuteMs);
    await time.pass(2 * minuteMs);
    expect(toLeftMs(pause, time.instant())).toBe(0);
  });

  it('is over where nothing is written down', () => {
    const time = new VirtualTime();
    const known = followPause(undefined, inMinutes(time.now(), 3), time, longestMs);
    expect(followPause(known, undefined, time, longestMs)).toBeUndefined();
    expect(toLeftMs(undefined, time.instant())).toBe(0);
  });

  it('is over where the time that is written down has passed before', () => {
    const time = new VirtualTime();
    expect(toLeftMs(followPause(undefined, inMinutes(time.now(), -3), time, longestMs), time.instant())).toBe(0);
  });

  it.each([
    ['forward', 365 * 24 * 60],
    ['back', -365 * 24 * 60],
  ])('does not change when the wall clock is set %s', (_, minutes) => {
    const time = new VirtualTime();
    const notBefore = inMinutes(time.now(), 3);
    const pause = followPause(undefined, notBefore, time, longestMs);
    time.jump(minutes * minuteMs);
    expect(followPause(pause, new Date(notBefore), time, longestMs)).toBe(pause);
    expect(toLeftMs(pause, time.instant())).toBe(3 * minuteMs);
  });

  it('is never longer than the longest delay, whatever a clock that was ahead wrote down', async () => {
    const time = new VirtualTime();
    const notBefore = new Date('2096-01-01T00:00:00Z');
    const pause = followPause(undefined, notBefore, time, longestMs);
    expect(toLeftMs(pause, time.instant())).toBe(longestMs);
    await time.pass(longestMs);
    expect(toLeftMs(followPause(pause, notBefore, time, longestMs), time.instant())).toBe(0);
  });

  it('begins anew with another time', async () => {
    const time = new VirtualTime();
    const pause = followPause(undefined, inMinutes(time.now(), 3), time, longestMs);
    await time.pass(5 * minuteMs);
    const next = followPause(pause, inMinutes(time.now(), 6), time, longestMs);
    expect(toLeftMs(next, time.instant())).toBe(6 * minuteMs);
  });
});
