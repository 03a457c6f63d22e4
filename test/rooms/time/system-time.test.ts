import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemTime } from '../../../agent/time/system-time.ts';

const day = 86_400_000;

describe('a sleep on the clocks of the machine', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function sleep(durationMs: number, signal = new AbortController().signal) {
    const sleeping = { isOver: false };
    void systemTime.sleepUntil(systemTime.instant() + durationMs, signal).then(() => {
      sleeping.isOver = true;
    });
    return sleeping;
  }

  test('ends at its instant, and not before', async () => {
    const sleeping = sleep(1_000);
    await vi.advanceTimersByTimeAsync(999);
    expect(sleeping.isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(sleeping.isOver).toBe(true);
  });

  test('may be longer than a timer of Node', async () => {
    const sleeping = sleep(30 * day);
    await vi.advanceTimersByTimeAsync(29 * day);
    expect(sleeping.isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(day);
    expect(sleeping.isOver).toBe(true);
  });

  test('ends at once when it is called off, and leaves no timer behind', async () => {
    const controller = new AbortController();
    const sleeping = sleep(day, controller.signal);
    controller.abort();
    await vi.advanceTimersByTimeAsync(0);
    expect(sleeping.isOver).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('does not begin when it was called off before, or its instant is past', async () => {
    const before = sleep(day, AbortSignal.abort());
    const past = sleep(-1);
    await vi.advanceTimersByTimeAsync(0);
    expect([before.isOver, past.isOver]).toEqual([true, true]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
