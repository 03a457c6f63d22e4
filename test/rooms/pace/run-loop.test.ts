import { describe, expect, it } from 'vitest';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import { type ScheduleSetting, toPhaseMs } from '../../../agent/pace/next-scheduled.ts';
import type { RunOutcome } from '../../../agent/pace/pace-state.ts';
import { beginLoop, type LoopProgress, runLoop } from '../../../agent/pace/run-loop.ts';
import { startTicker } from '../../../agent/pace/start-ticker.ts';
import { SignalQueue, type Trigger, toSignal } from '../../../agent/pace/triggers.ts';
import { VirtualTime } from '../../data/fakes/virtual-time.ts';

const floorMs = 15_000;
const good: RunOutcome = {
  failure: undefined,
  untold: undefined,
  writtenAt: [],
  isKept: false,
  hasSynced: true,
  hasTakenBack: false,
  nextMend: undefined,
  nextLook: undefined,
  nextChange: undefined,
  followUps: 'keep',
  answeredAt: 0,
  endedAt: 0,
};
const failed: RunOutcome = { ...good, failure: new AgentError('CompassUnreachable', 'down', { next: 'retry' }) };
/** No tick of it is near. */
const rare: ScheduleSetting = { kind: 'cron', expression: '0 0 1 1 *' };

type Runner = (run: {
  triggers: readonly Trigger[];
  count: number;
  time: VirtualTime;
  queue: SignalQueue;
}) => RunOutcome | Promise<RunOutcome>;

/** The loop at work in virtual time; its memory counts the runs. */
function start(outcome: Runner = () => good, schedule: ScheduleSetting = rare, probeSchedule?: ScheduleSetting) {
  const time = new VirtualTime();
  const queue = new SignalQueue(time);
  const stop = new AbortController();
  const runs: { triggers: readonly Trigger[]; isHushed: boolean; at: number; nextSync: string | undefined }[] = [];
  const progress: LoopProgress = { lastProgressAt: 0, busySince: undefined, nextWakeAt: undefined };
  const ended = runLoop<number>(
    {
      run: async (memory, { triggers, isHushed }, nextSync) => {
        const told = nextSync('runtime', good)?.toISOString().slice(11, 19);
        runs.push({ triggers, isHushed, at: time.instant(), nextSync: told });
        const ended = await outcome({ triggers, count: memory + 1, time, queue });
        return { memory: memory + 1, outcome: ended, asked: { calls: 1, isRateLimited: false } };
      },
      toRuntimeId: () => 'runtime',
      queue,
      schedule,
      probeSchedule,
      floorMs,
      extraReads: { followUpDelaysMs: [30_000, 60_000], callsPerHour: 15 },
      time,
      random: () => 0.5,
    },
    beginLoop(queue, 0),
    progress,
    stop.signal,
    new AbortController().signal,
  );
  const end = async () => {
    stop.abort();
    await ended;
  };
  return { time, queue, runs, progress, end, stop, ended };
}

describe('the loop', () => {
  it('runs at once at the start, then waits without an end in sight', async () => {
    const { time, runs, progress, end } = start();
    await time.pass(60_000);
    expect(runs).toMatchObject([{ triggers: ['start'], at: 0 }]);
    expect(progress).toMatchObject({ busySince: undefined, nextWakeAt: undefined });
    await end();
  });

  it('never runs twice at once, takes a burst together, and hands the memory on', async () => {
    let running = 0;
    let most = 0;
    const counts: number[] = [];
    const { time, queue, runs, progress, end } = start(async ({ count, time: clock }) => {
      counts.push(count);
      running += 1;
      most = Math.max(most, running);
      await clock.sleepUntil(clock.instant() + 1_000, new AbortController().signal);
      running -= 1;
      return good;
    });
    await time.pass(500);
    expect(progress.busySince).toBe(0);
    for (let index = 0; index < 20; index += 1) queue.add(toSignal('connection'));
    queue.add(toSignal('configuration'));
    await time.pass(10_000);
    expect(runs.map(({ triggers }) => triggers)).toEqual([['start'], ['connection', 'configuration']]);
    expect(most).toBe(1);
    expect(counts).toEqual([1, 2]);
    await end();
  });

  it('runs again for a signal that comes while it runs', async () => {
    const { time, runs, end } = start(async ({ count, queue }) => {
      if (count === 1) queue.add('connection');
      return good;
    });
    await time.pass(1);
    expect(runs.map(({ triggers }) => triggers)).toEqual([['start'], ['connection']]);
    await end();
  });

  it('tries again by itself after a failure, further and further apart, and ticks do not speed it up', async () => {
    const { time, queue, runs, progress, end } = start(() => failed);
    for (let second = 0; second < 240; second += 1) {
      if (second % 20 === 0) queue.add('tick');
      await time.pass(1_000);
    }
    const byItself = runs.filter(({ triggers }) => !triggers.includes('schedule'));
    expect(byItself.map(({ at }) => at / 1_000)).toEqual([0, 15, 45, 105, 225]);
    expect(progress.nextWakeAt).toBeDefined();
    await end();
  });

  it('gives a tick its turn one phase later, and says so beforehand', async () => {
    const { time, queue, runs, end } = start(() => good, { kind: 'cron', expression: '*/3 * * * *' });
    await time.pass(1_000);
    queue.add('tick');
    await time.pass(1_000);
    queue.add('connection');
    await time.pass(181_000);
    expect(runs.map(({ triggers }) => triggers)).toEqual([['start'], ['connection'], ['schedule']]);
    const [, told, scheduled] = runs;
    const wall = new Date(Date.parse('2026-11-22T12:00:00Z') + (scheduled?.at ?? 0));
    expect(told?.nextSync).toBe(wall.toISOString().slice(11, 19));
    await end();
  });

  it('has the turn that it announces where it started between a tick and that turn', async () => {
    // Nobody ticks: the tick was at noon, as the clock starts.
    const { time, runs, end } = start(() => good, { kind: 'period', periodMs: 180_000 });
    await time.pass(179_000);
    expect(runs.map(({ triggers }) => triggers)).toEqual([['start'], ['schedule']]);
    const [told, scheduled] = runs;
    const wall = new Date(Date.parse('2026-11-22T12:00:00Z') + (scheduled?.at ?? 0));
    expect(told?.nextSync).toBe(wall.toISOString().slice(11, 19));
    await end();
  });

  it('loses no turn and no retry when the wall clock jumps, either way', async () => {
    const { time, queue, runs, end } = start(({ count }) => (count === 1 ? failed : good));
    await time.pass(100);
    time.jump(-6 * 3_600_000);
    await time.pass(floorMs);
    time.jump(365 * 86_400_000);
    queue.add('connection');
    await time.pass(1);
    expect(runs.map(({ triggers }) => triggers)).toEqual([['start'], ['retry'], ['connection']]);
    await end();
  });

  it('reads again after a change, ever later, and keeps to the schedule', async () => {
    const everyThreeMinutes: ScheduleSetting = { kind: 'period', periodMs: 180_000 };
    const { time, queue, runs, end } = start(
      ({ count }) => (count === 2 ? { ...good, followUps: 'begin' } : good),
      everyThreeMinutes,
    );
    const ticker = new AbortController();
    startTicker(everyThreeMinutes, () => queue.add('tick'), time, ticker.signal);
    await time.pass(720_000);
    ticker.abort();
    const scheduled = runs.filter(({ triggers }) => triggers.includes('schedule')).map(({ at }) => at);
    const [first = 0] = scheduled;
    expect(scheduled).toEqual([first, first + 180_000, first + 360_000, first + 540_000]);
    const followUps = runs.filter(({ triggers }) => triggers.includes('follow-up')).map(({ at }) => at - first);
    expect(followUps).toEqual([33_000, 99_000]);
    await end();
  });

  it('probes one phase after a tick of the schedule of probes, and never without such a schedule', async () => {
    const everyMinute: ScheduleSetting = { kind: 'period', periodMs: 60_000 };
    for (const [schedule, probes] of [
      [everyMinute, 1],
      [undefined, 0],
    ] as const) {
      const { time, queue, runs, end } = start(() => good, rare, schedule);
      await time.pass(20_000);
      queue.add('probe-tick');
      await time.pass(60_000);
      expect(runs.filter(({ triggers }) => triggers.includes('probe'))).toHaveLength(probes);
      const phaseMs = toPhaseMs(everyMinute, 'runtime', new Date('2026-11-22T12:00:20Z'));
      if (probes > 0) expect(runs.at(-1)?.at).toBe(20_000 + phaseMs);
      await end();
    }
  });

  it('does not follow up before the pause after a failure is over, and then with the retry', async () => {
    const { time, queue, runs, end } = start(({ count }) =>
      count === 1 ? { ...good, followUps: 'begin' } : count < 6 ? failed : good,
    );
    await time.pass(20_000);
    queue.add('clock');
    await time.pass(400_000);
    const all = runs.map(({ triggers, at }) => `${triggers.join('+')} ${at / 1_000}`);
    expect(all).toEqual(['start 0', 'clock 20', 'retry 35', 'retry+follow-up 65', 'retry 125', 'retry+follow-up 245']);
    await end();
  });

  it('has drift kept for later after three runs that told something within a minute, whoever asked for them', async () => {
    const { time, queue, runs, end } = start(({ time }) => ({
      ...good,
      hasSynced: false,
      writtenAt: [time.instant()],
    }));
    for (const signal of ['connection', 'configuration', 'drift'] as const) {
      await time.pass(5_000);
      queue.add(signal);
    }
    await time.pass(5_000);
    expect(runs.map(({ triggers, isHushed }) => `${triggers.join('+')} ${isHushed}`)).toEqual([
      'start false',
      'connection false',
      'configuration false',
      'drift true',
    ]);
    await end();
  });

  it('ends when it is told to, after the run that is under way', async () => {
    let finished = false;
    const { time, stop, ended } = start(async ({ time: clock }) => {
      await clock.sleepUntil(clock.instant() + 3_000, new AbortController().signal);
      finished = true;
      return good;
    });
    await time.pass(100);
    stop.abort();
    await time.pass(3_000);
    await ended;
    expect(finished).toBe(true);
  });

  it('ends while it waits, at once', async () => {
    const { time, runs, end } = start();
    await time.pass(100);
    await end();
    expect(runs).toHaveLength(1);
  });
});
