import { createTask } from 'node-cron';
import { describe, expect, it } from 'vitest';
import { nextScheduled, nextTick, toPhaseMs, turnOfPastTick } from '../../../agent/pace/next-scheduled.ts';

const noon = new Date('2026-11-22T12:00:00Z');
const everyThree = { kind: 'cron', expression: '*/3 * * * *' } as const;

describe('the next tick', () => {
  it('is the first one after the moment, and not the moment itself', () => {
    expect(nextTick(everyThree, noon)).toEqual(new Date('2026-11-22T12:03:00Z'));
    expect(nextTick({ kind: 'period', periodMs: 180_000 }, noon)).toEqual(new Date('2026-11-22T12:03:00Z'));
    expect(nextTick({ kind: 'period', periodMs: 180_000 }, new Date('2026-11-22T12:02:59.999Z'))).toEqual(
      new Date('2026-11-22T12:03:00Z'),
    );
  });

  it('is none where the expression names no further moment', () => {
    expect(nextTick({ kind: 'cron', expression: '0 0 30 2 *' }, noon)).toBeUndefined();
  });

  // node-cron fires, and this function tells when: the two must read an expression alike.
  it.each([
    '*/3 * * * *',
    '*/10 * * * * *',
    '30 4 * * *',
    '0 0 1 1 *',
    '15 10 * * 1-5',
    '0 6 * * sun',
    '0 0 13 * 5',
    '5,35 8-18/2 * jan-jun *',
    '0 3 */2 * *',
    '59 59 23 31 12 *',
  ])('is read from %s as node-cron reads it', (expression) => {
    const task = createTask(expression, () => undefined);
    const theirs = task.getNextRuns(3);
    const ours: Date[] = [];
    for (let after = new Date(); ours.length < 3; ) {
      const tick = nextTick({ kind: 'cron', expression }, after);
      if (tick === undefined) break;
      ours.push(tick);
      after = tick;
    }
    expect(ours).toEqual(theirs);
    void task.destroy();
  });
});

describe('the phase', () => {
  it('gives each runtime of a fleet a turn of its own within the period', () => {
    const phases = Array.from({ length: 100 }, (_, index) => toPhaseMs(everyThree, `runtime ${index}`, noon));
    expect(Math.min(...phases)).toBeLessThan(18_000);
    expect(Math.max(...phases)).toBeGreaterThan(162_000);
    expect(Math.max(...phases)).toBeLessThan(180_000);
    expect(new Set(phases).size).toBe(100);
  });

  it('moves a rare schedule by ten minutes at most', () => {
    const daily = { kind: 'cron', expression: '0 3 * * *' } as const;
    const phases = Array.from({ length: 100 }, (_, index) => toPhaseMs(daily, `runtime ${index}`, noon));
    expect(Math.max(...phases)).toBeLessThan(600_000);
    expect(Math.max(...phases)).toBeGreaterThan(540_000);
  });

  it('spreads a period over its whole length', () => {
    const hourly = { kind: 'period', periodMs: 3_600_000 } as const;
    const phases = Array.from({ length: 100 }, (_, index) => toPhaseMs(hourly, `runtime ${index}`, noon));
    expect(Math.max(...phases)).toBeGreaterThan(3_240_000);
  });
});

describe('the next scheduled sync', () => {
  it('is a tick with the phase added, also between a tick and its turn', () => {
    const phaseMs = toPhaseMs(everyThree, 'runtime', noon);
    const due = new Date(noon.getTime() + phaseMs);
    expect(nextScheduled(everyThree, 'runtime', new Date(due.getTime() - 1))).toEqual(due);
    expect(nextScheduled(everyThree, 'runtime', due)).toEqual(new Date(due.getTime() + 180_000));
  });

  it('is the turn of a past tick as long as that is still to come, and no longer', () => {
    const phaseMs = toPhaseMs(everyThree, 'runtime', noon);
    const due = new Date(noon.getTime() + phaseMs);
    expect(turnOfPastTick(everyThree, 'runtime', new Date(noon.getTime() + 1))).toEqual(due);
    expect(turnOfPastTick(everyThree, 'runtime', due)).toBeUndefined();
    expect(turnOfPastTick(everyThree, 'runtime', new Date(noon.getTime() - 1))).toBeUndefined();
  });
});
