import { describe, expect, it } from 'vitest';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import {
  afterRun,
  afterStart,
  afterTick,
  decideNext,
  initialPace,
  type PaceState,
  toNextRead,
} from '../../../agent/pace/pace-state.ts';
import { toRetryAt } from '../../../agent/pace/to-retry-at.ts';
import type { Signal } from '../../../agent/pace/triggers.ts';

const floorMs = 15_000;
const failure = (next: 'retry' | 'wait' | 'stall', retryAfterMs?: number) =>
  new AgentError('CompassUnreachable', 'down', { next, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
const good = {
  failure: undefined,
  untold: undefined,
  writtenAt: [],
  isKept: false,
  hasSynced: true,
  hasTakenBack: false,
  nextMend: undefined,
  nextLook: undefined,
  nextChange: undefined,
  followUps: 'keep' as const,
  answeredAt: 0,
  endedAt: 0,
};
const pending = (...signals: [Signal, number][]) => new Map(signals);
const next = (pace: PaceState, signals: ReadonlyMap<Signal, number>, now: number) =>
  decideNext(pace, signals, now, floorMs);

const ask = (pace: PaceState, at: number, floor = floorMs) => decideNext(pace, pending(['connection', at]), at, floor);
/** The pace once a request has started a run. */
const start = (pace: PaceState, at: number, floor = floorMs) => {
  const due = decideNext(pace, pending(['connection', 0]), at, floor);
  return afterStart(pace, { triggers: ['connection'], isInsisted: due.do === 'run' && due.isInsisted }, at, floor);
};

/** When syncs start where something asks every so often. */
function startsOf(floor: number, everyMs: number, endMs: number, hasTakenBack = false): number[] {
  let pace = initialPace;
  const starts: number[] = [];
  let since: number | undefined;
  for (let now = 0; now < endMs; now += 500) {
    if (now % everyMs === 0) since ??= now;
    if (since === undefined) continue;
    const due = decideNext(pace, pending(['connection', since]), now, floor);
    if (due.do === 'sleep') continue;
    pace = afterRun(afterStart(pace, due, now, floor), { ...good, hasTakenBack }, now, floor, 0.5);
    starts.push(now);
    since = undefined;
  }
  return starts;
}

describe('the delay after a failure', () => {
  it('doubles from the floor up to five minutes, and to fifteen where only waiting helps', () => {
    const delays = (kind: 'retry' | 'wait' | 'stall') =>
      [1, 2, 3, 10, 40].map((failures) =>
        toRetryAt(failure(kind), { failures, startedAt: 0, failedAt: 0 }, floorMs, 0.5),
      );
    expect(delays('retry')).toEqual([15_000, 30_000, 60_000, 300_000, 300_000]);
    expect(delays('wait')).toEqual([30_000, 60_000, 120_000, 900_000, 900_000]);
    expect(delays('stall')).toEqual([60_000, 120_000, 240_000, 900_000, 900_000]);
  });

  it('varies by ten per cent, never below the floor, and keeps a longer Retry-After to the letter', () => {
    expect(toRetryAt(failure('retry'), { failures: 3, startedAt: 0, failedAt: 0 }, floorMs, 0)).toBe(54_000);
    expect(toRetryAt(failure('retry'), { failures: 3, startedAt: 0, failedAt: 0 }, floorMs, 1)).toBe(66_000);
    expect(toRetryAt(failure('retry'), { failures: 1, startedAt: 0, failedAt: 0 }, floorMs, 0)).toBe(15_000);
    expect(toRetryAt(failure('wait', 120_000), { failures: 1, startedAt: 0, failedAt: 0 }, floorMs, 0.5)).toBe(120_000);
    expect(toRetryAt(failure('wait', 1_000), { failures: 1, startedAt: 0, failedAt: 0 }, floorMs, 0.5)).toBe(30_000);
  });

  it('keeps a Retry-After from when the answer came, however long the run had taken by then', () => {
    const at = (retryAfterMs: number) =>
      toRetryAt(failure('wait', retryAfterMs), { failures: 1, startedAt: 1_000, failedAt: 61_000 }, floorMs, 0.5);
    expect(at(30_000)).toBe(91_000);
    expect(at(0)).toBe(61_000);
    const planned = new AgentError('TokenRefusedOrUnavailable', 'refused', { next: 'wait', retryAfterMs: 100 });
    expect(toRetryAt(planned, { failures: 5, startedAt: 1_000, failedAt: 2_000 }, floorMs, 0.5)).toBe(2_100);
  });

  it('never falls below a floor that is longer than its ceiling', () => {
    expect(toRetryAt(failure('retry'), { failures: 9, startedAt: 0, failedAt: 0 }, 3_600_000, 0)).toBe(3_600_000);
  });

  it('keeps the planned next try with a token to the letter, also where that is sooner', () => {
    const planned = new AgentError('TokenRefusedOrUnavailable', 'refused', { next: 'wait', retryAfterMs: 100 });
    expect(toRetryAt(planned, { failures: 5, startedAt: 0, failedAt: 0 }, floorMs, 0.5)).toBe(100);
  });
});

describe('what is next', () => {
  it('is to sleep for ever while nothing is pending and nothing was planned', () => {
    expect(next(initialPace, pending(), 5)).toEqual({ do: 'sleep', until: Number.POSITIVE_INFINITY });
  });

  it('is a change of the configuration at once, whatever failed before, and a further start not before the floor', () => {
    const failing = afterRun(initialPace, { ...good, failure: failure('stall') }, 0, floorMs, 0.5);
    expect(next(failing, pending(['start', 1], ['configuration', 1]), 1)).toEqual({
      do: 'run',
      triggers: ['configuration'],
      taken: ['configuration'],
      isInsisted: false,
      isHushed: false,
      writesLeft: 6,
    });
    expect(next(failing, pending(['start', 1]), floorMs)).toMatchObject({ do: 'run', triggers: ['start'] });
  });

  it('is a request at once, but after a failure not before the floor', () => {
    expect(next(afterRun(initialPace, good, 0, floorMs, 0.5), pending(['connection', 1]), 1)).toMatchObject({
      do: 'run',
      triggers: ['connection'],
    });
    const failing = afterRun(initialPace, { ...good, failure: failure('wait') }, 0, floorMs, 0.5);
    expect(next(failing, pending(['connection', 1]), floorMs - 1)).toEqual({ do: 'sleep', until: floorMs });
    expect(next(failing, pending(['connection', 1]), floorMs)).toMatchObject({ do: 'run', taken: ['connection'] });
  });

  it('is a wall clock that was set, at once, with whatever had failed by it forgotten', () => {
    const failing = afterRun(initialPace, { ...good, failure: failure('stall') }, 0, floorMs, 0.5);
    expect(next(failing, pending(['clock', 5_000]), 14_999)).toEqual({ do: 'sleep', until: 15_000 });
    const due = next(failing, pending(['clock', 5_000]), 15_000);
    expect(due).toMatchObject({ do: 'run', triggers: ['clock'], taken: ['clock'] });
    const begun = afterStart(failing, { triggers: ['clock'], isInsisted: false }, 15_000, floorMs);
    expect(begun).toMatchObject({ failures: 0, backoffUntil: undefined });
  });

  it('is drift once it was gathered for a moment, and not at full speed against a rival', () => {
    expect(next(initialPace, pending(['drift', 100]), 100)).toEqual({ do: 'sleep', until: 350 });
    expect(next(initialPace, pending(['drift', 100]), 350)).toMatchObject({ do: 'run', triggers: ['drift'] });
    const mended = afterStart(initialPace, { triggers: ['drift'], isInsisted: false }, 350, floorMs);
    expect(next(mended, pending(['drift', 360]), 700)).toEqual({ do: 'sleep', until: 2_350 });
  });

  it('is a tick of the schedule when its phase has passed, and no tick by itself', () => {
    expect(next(initialPace, pending(['tick', 0]), 10)).toMatchObject({ do: 'sleep' });
    const ticked = afterTick(initialPace, 1_000, 500);
    expect(next(ticked, pending(), 1_499)).toEqual({ do: 'sleep', until: 1_500 });
    expect(next(ticked, pending(), 1_500)).toMatchObject({ do: 'run', triggers: ['schedule'], taken: [] });
  });

  it('is the schedule not before the floor, and not before the end of a backoff', () => {
    const synced = afterRun(initialPace, good, 1_000, floorMs, 0.5);
    expect(next(afterTick(synced, 2_000, 0), pending(), 2_000)).toEqual({ do: 'sleep', until: 1_000 + floorMs });
    const failing = afterRun(initialPace, { ...good, failure: failure('wait') }, 1_000, floorMs, 0.5);
    expect(next(afterTick({ ...failing, retryAt: undefined }, 2_000, 0), pending(), 2_000)).toEqual({
      do: 'sleep',
      until: 31_000,
    });
  });

  it('is whatever comes first, and all of what is due together', () => {
    const pace = { ...afterTick(initialPace, 0, 9_000), retryAt: 8_000 };
    expect(next(pace, pending(['drift', 7_900]), 8_000)).toMatchObject({ do: 'run', triggers: ['retry'], taken: [] });
    expect(next(pace, pending(['drift', 8_000]), 9_000)).toMatchObject({
      do: 'run',
      triggers: ['drift', 'retry', 'schedule'],
      taken: ['drift'],
    });
  });
});

describe('the pace', () => {
  it('keeps the turn of a tick when another comes before it', () => {
    expect(afterTick(afterTick(initialPace, 0, 500), 100, 500).scheduledAt).toBe(500);
  });

  it('forgets what a run was due for when it begins, and nothing else', () => {
    const pace = { ...afterTick(initialPace, 0, 500), retryAt: 700 };
    expect(afterStart(pace, { triggers: ['schedule'], isInsisted: false }, 600, floorMs)).toEqual({
      ...pace,
      scheduledAt: undefined,
    });
    expect(afterStart(pace, { triggers: ['retry'], isInsisted: false }, 700, floorMs)).toEqual({
      ...pace,
      retryAt: undefined,
    });
    expect(afterStart(pace, { triggers: ['drift'], isInsisted: false }, 700, 500)).toEqual({
      ...pace,
      driftNotBefore: 1_200,
    });
  });

  it('backs off further with each failure, and starts anew after a success', () => {
    let pace = initialPace;
    const retries = [1, 2, 3].map(() => {
      pace = afterRun(pace, { ...good, failure: failure('retry') }, 0, floorMs, 0.5);
      return pace.retryAt;
    });
    expect(retries).toEqual([15_000, 30_000, 60_000]);
    expect(afterRun(pace, good, 100_000, floorMs, 0.5)).toEqual({ ...initialPace, lastSyncAt: 100_000 });
  });

  it('goes on backing off when a look at the cluster in between found nothing to do', () => {
    const failing = afterRun(initialPace, { ...good, failure: failure('retry') }, 0, floorMs, 0.5);
    const looked = { ...good, hasSynced: false };
    expect(afterRun(failing, looked, 5_000, floorMs, 0.5)).toEqual(failing);
  });

  it('looks again when the status is another by time alone, and once', () => {
    const told = afterRun(initialPace, { ...good, nextChange: 500_000 }, 0, floorMs, 0.5);
    expect(next(told, pending(), 499_999)).toEqual({ do: 'sleep', until: 500_000 });
    const due = next(told, pending(), 500_000);
    expect(due).toMatchObject({ do: 'run', triggers: ['look'] });
    const looked = afterStart(told, { triggers: ['look'], isInsisted: false }, 500_000, floorMs);
    expect(next(looked, pending(), 500_000)).toEqual({ do: 'sleep', until: Number.POSITIVE_INFINITY });
    // A look for another reason does not use it up, nor does a run that told nothing.
    const early = afterStart(told, { triggers: ['look'], isInsisted: false }, 400_000, floorMs);
    expect(afterRun(early, good, 400_000, floorMs, 0.5).changeAt).toBe(500_000);
  });

  it('says of the next read what comes first: a try again, or a turn that no pause delays', () => {
    const failing = afterRun(initialPace, { ...good, failure: failure('retry') }, 0, floorMs, 0.5);
    expect(toNextRead(failing, 10_000, floorMs)).toBe(15_000);
    expect(toNextRead(failing, 900_000, floorMs)).toBe(15_000);
    const fine = afterRun(initialPace, good, 0, floorMs, 0.5);
    expect(toNextRead(fine, 900_000, floorMs)).toBe(900_000);
    expect(toNextRead(fine, undefined, floorMs)).toBeUndefined();
    expect(toNextRead(afterRun(fine, { ...good, nextLook: 60_000 }, 0, floorMs, 0.5), 900_000, floorMs)).toBe(60_000);
  });

  it('counts a failed look as a failure, and not as a sync', () => {
    const looked = { ...good, failure: failure('retry'), hasSynced: false };
    expect(afterRun(initialPace, looked, 5_000, floorMs, 0.5)).toMatchObject({ failures: 1, lastSyncAt: undefined });
  });

  it('starts two requests within a minute at once, and lets a third wait for the floor', () => {
    expect(startsOf(floorMs, 1_000, 40_000)).toEqual([0, 1_000, 16_000, 31_000]);
    const [first, second] = [start(initialPace, 0), start(start(initialPace, 0), 1_000)];
    expect(ask(first, 1_000)).toMatchObject({ do: 'run', isInsisted: false });
    expect(ask(second, 60_000)).toMatchObject({ do: 'run' });
  });

  it('lets whoever sets again what is taken back wait for 15 s also where the floor is shorter', () => {
    expect(startsOf(0, 2_000, 60_000, true)).toEqual([0, 2_000, 4_000, 19_000, 34_000, 49_000]);
    expect(startsOf(0, 2_000, 9_000, false)).toEqual([0, 2_000, 4_000, 6_000, 8_000]);
    const slow = [0, 2_000, 62_000, 64_000, 124_000, 126_000, 186_000, 188_000];
    expect(startsOf(60_000, 2_000, 200_000, true)).toEqual(slow);
  });

  it('says of a third that requests are insisted on, and looks again when they have stopped', () => {
    const third = start(start(start(initialPace, 0), 1_000), 16_000);
    expect(decideNext(third, pending(['tick', 0]), 20_000, floorMs)).toEqual({ do: 'sleep', until: 60_000 });
    const look = decideNext(third, pending(), 60_000, floorMs);
    expect(look).toEqual({
      do: 'run',
      triggers: ['look'],
      taken: [],
      isInsisted: false,
      isHushed: false,
      writesLeft: 6,
    });
    const after = afterStart(third, { triggers: ['look'], isInsisted: false }, 60_000, floorMs);
    expect(decideNext(after, pending(), 60_000, floorMs)).toEqual({ do: 'sleep', until: Number.POSITIVE_INFINITY });
  });

  it('insists as long as the requests do, whatever makes the agent run meanwhile', () => {
    const third = start(start(start(initialPace, 0), 1_000), 16_000);
    expect(decideNext(afterTick(third, 17_000, 0), pending(), 18_000, floorMs)).toMatchObject({ isInsisted: true });
    // Where the floor is long, they are further apart.
    const slow = [0, 2_000, 62_000].reduce((pace, at) => start(pace, at, 60_000), initialPace);
    expect(decideNext(afterTick(slow, 0, 0), pending(), 150_000, 60_000)).toMatchObject({ isInsisted: true });
  });

  it('tries again to tell what could not be told, ever later, without asking UCL for it, and keeps the schedule', () => {
    const untold = { ...good, untold: failure('retry') };
    const once = afterRun(afterTick(initialPace, 0, 20_000), untold, 0, floorMs, 0.5);
    expect(once).toMatchObject({ failures: 0, backoffUntil: undefined, retryAt: undefined, scheduledAt: 20_000 });
    expect(next(once, pending(), 14_999)).toEqual({ do: 'sleep', until: 15_000 });
    expect(next(once, pending(), 15_000)).toMatchObject({ do: 'run', triggers: ['look'] });
    const twice = afterRun(once, { ...untold, hasSynced: false }, 15_000, floorMs, 0.5);
    expect(next(twice, pending(), 20_000)).toMatchObject({ do: 'run', triggers: ['schedule'] });
    const later = { ...twice, scheduledAt: undefined };
    expect(next(later, pending(), 44_999)).toEqual({ do: 'sleep', until: 45_000 });
    const told = afterRun(later, { ...good, hasSynced: false }, 45_000, floorMs, 0.5);
    expect(next(told, pending(), 45_000)).toEqual({ do: 'sleep', until: Number.POSITIVE_INFINITY });
  });

  it('waits with a read or a status as long as the server asked when its answer came', () => {
    const late = { ...good, answeredAt: 50_000, endedAt: 70_000 };
    const unread = afterRun(initialPace, { ...late, failure: failure('wait', 120_000) }, 10_000, floorMs, 0.5);
    expect(unread).toMatchObject({ retryAt: 170_000, backoffUntil: 170_000 });
    expect(toNextRead(unread, 100_000, floorMs)).toBe(170_000);
    const untold = afterRun(initialPace, { ...late, untold: failure('wait', 120_000) }, 10_000, floorMs, 0.5);
    expect(untold.tellAt).toBe(190_000);
  });

  it('tells with the next try of what failed, where both are due', () => {
    const both = afterRun(
      initialPace,
      { ...good, failure: failure('retry'), untold: failure('retry') },
      0,
      floorMs,
      0.5,
    );
    expect(both).toMatchObject({ failures: 1, retryAt: 15_000, tellAt: undefined });
  });

  it('keeps for later what nobody asked for once three changes were told within a minute', () => {
    const told = [0, 2_000, 4_000].reduce(
      (pace, at) => afterRun(pace, { ...good, hasSynced: false, writtenAt: [at] }, at, floorMs, 0.5),
      initialPace,
    );
    expect(next(told, pending(['drift', 5_000]), 6_000)).toMatchObject({ triggers: ['drift'], isHushed: true });
    expect(next(told, pending(['drift', 5_000], ['connection', 5_000]), 6_000)).toMatchObject({ isHushed: false });
    const kept = afterRun(told, { ...good, hasSynced: false, isKept: true }, 6_000, floorMs, 0.5);
    expect(next(kept, pending(), 59_999)).toEqual({ do: 'sleep', until: 60_000 });
    expect(next(kept, pending(), 60_000)).toMatchObject({ triggers: ['look'], isHushed: false });
  });

  it('counts what is written within a minute, and names the moment for what is over', () => {
    const writes = [0, 10_000, 20_000, 30_000, 40_000, 50_000];
    const told = afterRun(initialPace, { ...good, writtenAt: writes }, 0, floorMs, 0.5);
    const left = (now: number, floor = floorMs) => decideNext(told, pending(['start', 0]), now, floor);
    expect([left(59_999), left(60_000), left(70_000)]).toMatchObject([0, 1, 2].map((writesLeft) => ({ writesLeft })));
    const kept = afterRun(
      told,
      { ...good, failure: failure('wait', 300_000), answeredAt: 55_000, isKept: true },
      55_000,
      floorMs,
      0.5,
    );
    expect(next(kept, pending(), 59_999)).toEqual({ do: 'sleep', until: 60_000 });
    expect(next(kept, pending(), 60_000)).toMatchObject({ triggers: ['look'], writesLeft: 1 });
  });

  it.each([
    [60_000, 6],
    [15_000, 6],
    [5_000, 14],
    [0, 62],
  ])('lets each sync that a floor of %i ms lets in be told, and two more, six at least: %i', (floor, writesLeft) => {
    expect(decideNext(initialPace, pending(['start', 0]), 0, floor)).toMatchObject({ writesLeft });
  });

  it('tries no failure again at full speed where the floor is zero', () => {
    expect(afterRun(initialPace, { ...good, failure: failure('retry') }, 0, 0, 0.5).retryAt).toBe(5_000);
  });

  it('looks for drift when an object that somebody changes back may be written again', () => {
    const waiting = afterRun(initialPace, { ...good, nextMend: 60_000 }, 0, floorMs, 0.5);
    expect(next(waiting, pending(), 59_999)).toEqual({ do: 'sleep', until: 60_000 });
    expect(next(waiting, pending(), 60_000)).toMatchObject({ do: 'run', triggers: ['drift'] });
    const begun = afterStart(waiting, { triggers: ['drift'], isInsisted: false }, 60_000, floorMs);
    expect(next(begun, pending(), 60_000)).toEqual({ do: 'sleep', until: Number.POSITIVE_INFINITY });
  });

  it('reads again when a removal asks for it, and not before the floor, or a second where that is zero', () => {
    expect(afterRun(initialPace, { ...good, nextLook: 0 }, 1_000, floorMs, 0.5).retryAt).toBe(16_000);
    expect(afterRun(initialPace, { ...good, nextLook: 0 }, 1_000, 0, 0.5).retryAt).toBe(2_000);
    expect(afterRun(initialPace, { ...good, nextLook: 17_000 }, 1_000, floorMs, 0.5).retryAt).toBe(17_000);
    expect(afterRun(initialPace, good, 1_000, floorMs, 0.5).retryAt).toBeUndefined();
  });
});
