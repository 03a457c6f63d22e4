import { describe, expect, test } from 'vitest';
import { nextScheduled } from '../../../agent/pace/next-scheduled.ts';
import { toRefreshMs, toStaleAfter, toStaleAt } from '../../../agent/pace/to-stale-at.ts';

const since = new Date('2026-11-22T12:00:00Z');

describe('a success', () => {
  test('is too old a minute after its third turn of the schedule, with the phase of the runtime', () => {
    const schedule = { kind: 'period', periodMs: 180_000 } as const;
    const first = nextScheduled(schedule, 'runtime', since);
    const staleAt = toStaleAt(schedule, 'runtime', since);
    expect(staleAt?.getTime()).toBe((first?.getTime() ?? 0) + 2 * 180_000 + 60_000);
  });

  test('is good for three days where the schedule comes once a day', () => {
    const staleAt = toStaleAt({ kind: 'cron', expression: '0 3 * * *' }, 'runtime', since);
    const days = ((staleAt?.getTime() ?? 0) - since.getTime()) / 86_400_000;
    expect(days).toBeGreaterThan(2);
    expect(days).toBeLessThan(3.1);
  });

  test('stays good under a schedule that never comes again', () => {
    expect(toStaleAt({ kind: 'cron', expression: '0 0 0 1 1 * 2020' }, 'runtime', since)).toBeUndefined();
  });
});

const every = (periodMs: number) => ({ kind: 'period', periodMs }) as const;
const never = { kind: 'cron', expression: '0 0 0 1 1 * 2020' } as const;
const minute = 60_000;
const sinceMs = (date: Date | undefined) => (date?.getTime() ?? Number.NaN) - since.getTime();

describe('a status', () => {
  test('has times that are five minutes old at most, or one turn of the schedule where that is longer', () => {
    expect(toRefreshMs(every(minute), 'runtime', since)).toBe(5 * minute);
    expect(toRefreshMs(every(60 * minute), 'runtime', since)).toBe(60 * minute);
    expect(toRefreshMs({ kind: 'cron', expression: '0 3 * * *' }, 'runtime', since)).toBe(24 * 60 * minute);
    expect(toRefreshMs(never, 'runtime', since)).toBe(5 * minute);
  });

  test('is good until a minute after the sync that writes it again, where turns come often', () => {
    const written = nextScheduled(every(minute), 'runtime', new Date(since.getTime() + 5 * minute));
    expect(sinceMs(toStaleAfter(every(minute), 'runtime', since))).toBe(sinceMs(written) + minute);
  });

  test('is good as long as the success that it tells of, where turns come rarely', () => {
    const schedule = every(60 * minute);
    expect(toStaleAfter(schedule, 'runtime', since)).toEqual(toStaleAt(schedule, 'runtime', since));
  });

  test('is good for six minutes where no sync comes: it is written for that alone', () => {
    expect(sinceMs(toStaleAfter(never, 'runtime', since))).toBe(6 * minute);
  });
});
