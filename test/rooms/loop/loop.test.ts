import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import { toRetryDelayMs } from '../../../agent/loop/backoff.ts';
import { runLoop } from '../../../agent/loop/loop.ts';
import type { RunOutcome } from '../../../agent/loop/reconciler.ts';
import { createSchedule, toPhaseShare } from '../../../agent/loop/schedule.ts';
import { type Trigger, TriggerQueue } from '../../../agent/loop/triggers.ts';

const failure = (next: 'retry' | 'wait' | 'stall', retryAfterMs?: number) =>
  new AgentError('CompassUnreachable', 'down', { next, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
const good: RunOutcome = { failure: undefined, hasSynced: true, isPruneHeld: false };

beforeEach(() => {
  vi.useFakeTimers({
    now: Date.UTC(2026, 10, 22, 12),
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'],
  });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the delay after a failure', () => {
  it('doubles from the floor up to five minutes, and to fifteen where only waiting helps', () => {
    const delays = (next: 'retry' | 'wait') =>
      [1, 2, 3, 10].map((failures) => toRetryDelayMs(failure(next), failures, 15_000, 0.5));
    expect(delays('retry')).toEqual([15_000, 30_000, 60_000, 300_000]);
    expect(delays('wait')).toEqual([30_000, 60_000, 120_000, 900_000]);
  });

  it('varies by ten per cent, never below the floor, and keeps a longer Retry-After to the letter', () => {
    expect(toRetryDelayMs(failure('retry'), 3, 15_000, 0)).toBe(54_000);
    expect(toRetryDelayMs(failure('retry'), 3, 15_000, 1)).toBe(66_000);
    expect(toRetryDelayMs(failure('retry'), 1, 15_000, 0)).toBe(15_000);
    expect(toRetryDelayMs(failure('wait', 120_000), 1, 15_000, 0.5)).toBe(120_000);
  });
});

describe('the loop', () => {
  const floorMs = 15_000;

  function start(
    outcome: (triggers: readonly Trigger[], run: number) => RunOutcome | Promise<RunOutcome> = () => good,
  ) {
    const runs: { triggers: Trigger[]; atMs: number }[] = [];
    const beganMs = Date.now();
    const queue = new TriggerQueue();
    const stop = new AbortController();
    const reconciler = {
      run: async (triggers: readonly Trigger[]) => {
        runs.push({ triggers: [...triggers], atMs: Date.now() - beganMs });
        return outcome(triggers, runs.length);
      },
    };
    const progress = { lastProgressAt: 0, busySince: undefined, nextWakeAt: undefined };
    const ended = runLoop(
      { reconciler, queue, config: { minimalSyncTimeMs: floorMs }, clock: () => new Date(), random: () => 0.5 },
      progress,
      stop.signal,
      new AbortController().signal,
    );
    const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
    const end = () => {
      stop.abort();
      return ended;
    };
    return { runs, queue, pass, progress, end };
  }

  it('runs at once at the start and then waits', async () => {
    const { runs, pass, progress, end } = start();
    await pass(60_000);
    expect(runs).toEqual([{ triggers: ['start'], atMs: 0 }]);
    expect(progress.busySince).toBeUndefined();
    await end();
  });

  it('never runs twice at once, and takes all triggers of a burst together', async () => {
    let running = 0;
    let most = 0;
    const { runs, queue, pass, end } = start(async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      running -= 1;
      return good;
    });
    await pass(500);
    for (let index = 0; index < 20; index += 1) queue.add('connection');
    queue.add('configuration');
    await pass(10_000);
    expect(runs.map(({ triggers }) => triggers)).toEqual([['start'], ['connection', 'configuration']]);
    expect(most).toBe(1);
    await end();
  });

  it('keeps the floor between scheduled syncs', async () => {
    const { runs, queue, pass, end } = start();
    await pass(5_000);
    queue.add('schedule');
    await pass(30_000);
    expect(runs.map(({ atMs }) => atMs)).toEqual([0, floorMs]);
    await end();
  });

  it('lets a request pass at once, but after a failure not before the floor', async () => {
    const { runs, queue, pass, end } = start((_, run) => (run === 2 ? { ...good, failure: failure('wait') } : good));
    await pass(1_000);
    queue.add('connection');
    await pass(1);
    expect(runs).toHaveLength(2);
    queue.add('connection');
    await pass(floorMs - 100);
    expect(runs).toHaveLength(2);
    await pass(200);
    expect(runs).toHaveLength(3);
    await end();
  });

  it('tries again by itself after a failure, further and further apart, and the schedule does not speed it up', async () => {
    const { runs, queue, pass, end } = start(() => ({ ...good, failure: failure('retry') }));
    for (let second = 0; second < 240; second += 1) {
      if (second % 20 === 0) queue.add('schedule');
      await pass(1_000);
    }
    expect(runs.map(({ atMs }) => Math.round(atMs / 1000))).toEqual([0, 15, 45, 105, 225]);
    await end();
  });

  it('goes on backing off when a look at the cluster in between found nothing to do', async () => {
    const looked: RunOutcome = { failure: undefined, hasSynced: false, isPruneHeld: false };
    const { runs, queue, pass, end } = start((triggers) =>
      triggers.includes('drift') ? looked : { ...good, failure: failure('retry') },
    );
    for (let second = 0; second < 110; second += 1) {
      if (second % 20 === 7) queue.add('drift');
      await pass(1_000);
    }
    const syncs = runs.filter(({ triggers }) => !triggers.includes('drift'));
    expect(runs.length).toBeGreaterThan(syncs.length);
    expect(syncs.map(({ atMs }) => Math.round(atMs / 1000))).toEqual([0, 15, 45, 105]);
    await end();
  });

  it('reads again one floor later while a removal is held', async () => {
    const { runs, pass, end } = start((_, run) => ({ ...good, isPruneHeld: run === 1 }));
    await pass(60_000);
    expect(runs).toEqual([
      { triggers: ['start'], atMs: 0 },
      { triggers: ['retry'], atMs: floorMs },
    ]);
    await end();
  });

  it('gathers drift for a moment and does not answer a rival at full speed', async () => {
    const { runs, queue, pass, end } = start();
    await pass(1_000);
    for (let tick = 0; tick < 100; tick += 1) {
      queue.add('drift');
      await pass(100);
    }
    expect(runs.length - 1).toBeGreaterThanOrEqual(4);
    expect(runs.length - 1).toBeLessThanOrEqual(6);
    await end();
  });

  it('ends when it is told to, after the run that is under way', async () => {
    let ended = false;
    const { pass, end } = start(async () => {
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      ended = true;
      return good;
    });
    await pass(100);
    const ending = end();
    await pass(3_000);
    await ending;
    expect(ended).toBe(true);
  });
});

describe('the schedule', () => {
  it('fires by cron, shifted by the phase, and tells when', async () => {
    const fired: string[] = [];
    const schedule = createSchedule(
      { kind: 'cron', expression: '*/3 * * * *' },
      () => fired.push(new Date().toISOString().slice(11, 19)),
      () => new Date(),
    );
    schedule.start(() => 0.5);
    expect(schedule.nextRunAt()?.toISOString().slice(11, 19)).toBe('12:04:30');
    await vi.advanceTimersByTimeAsync(8 * 60_000);
    schedule.stop();
    expect(fired).toEqual(['12:04:30', '12:07:30']);
    await vi.advanceTimersByTimeAsync(8 * 60_000);
    expect(fired).toHaveLength(2);
  });

  it('fires by period at the same phase of each period, whenever the agent started', async () => {
    const fired: number[] = [];
    await vi.advanceTimersByTimeAsync(17_000);
    const schedule = createSchedule(
      { kind: 'period', periodMs: 60_000 },
      () => fired.push(Date.now() % 60_000),
      () => new Date(),
    );
    schedule.start(() => 0.25);
    await vi.advanceTimersByTimeAsync(120_000);
    schedule.stop();
    expect(fired).toEqual([15_000, 15_000]);
  });

  it.each([{ kind: 'cron', expression: '*/3 * * * *' } as const, { kind: 'period', periodMs: 60_000 } as const])(
    'does nothing before its start, nor after an end without one: $kind',
    async (form) => {
      const fired: number[] = [];
      const schedule = createSchedule(
        form,
        () => fired.push(Date.now()),
        () => new Date(),
      );
      await vi.advanceTimersByTimeAsync(10 * 60_000);
      expect(schedule.nextRunAt()).toBeUndefined();
      schedule.stop();
      expect(fired).toEqual([]);
    },
  );

  it('gives each runtime of a fleet a turn of its own', () => {
    const shares = Array.from({ length: 100 }, (_, index) => toPhaseShare(`runtime ${index}`));
    expect(Math.min(...shares)).toBeLessThan(0.1);
    expect(Math.max(...shares)).toBeGreaterThan(0.9);
    expect(new Set(shares).size).toBe(100);
  });
});
