import { describe, expect, test } from 'vitest';
import { nextScheduled } from '../../../agent/pace/next-scheduled.ts';
import { toStaleAt } from '../../../agent/pace/to-stale-at.ts';

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
