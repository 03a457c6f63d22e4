import { describe, expect, it } from 'vitest';
import {
  afterProbeTick,
  type EndedRun,
  type ExtraReads,
  noExtraReads,
  planExtraReads,
} from '../../../agent/pace/plan-extra-reads.ts';

const second = 1_000;
const hour = 3_600 * second;
const floorMs = 15 * second;
const settings = { followUpDelaysMs: [30 * second, 60 * second, 120 * second], callsPerHour: 15 };

const aRun = (startedAt: number, changes: Partial<EndedRun> = {}): EndedRun => ({
  triggers: ['schedule'],
  startedAt,
  hasRead: true,
  followUps: 'keep',
  turnAt: undefined,
  calls: 1,
  isRateLimited: false,
  ...changes,
});
const plan = (before: ExtraReads, run: EndedRun, own = settings, random = 0) =>
  planExtraReads(before, run, own, floorMs, random);
const begin = (startedAt: number, changes: Partial<EndedRun> = {}) =>
  plan(noExtraReads, aRun(startedAt, { followUps: 'begin', ...changes }));
const followUp = (startedAt: number, changes: Partial<EndedRun> = {}) =>
  aRun(startedAt, { triggers: ['follow-up'], ...changes });

/** When follow-ups start where each of them finds what `change` says. */
function startsOf(change: EndedRun['followUps'], own = settings, calls = 1): number[] {
  let extra = plan(noExtraReads, aRun(0, { followUps: 'begin', calls }), own);
  const starts: number[] = [];
  while (extra.followUp !== undefined && starts.length < 500 && extra.followUp.at <= hour) {
    const { at } = extra.followUp;
    starts.push(at / second);
    extra = plan(extra, followUp(at, { followUps: change, calls }), own);
  }
  return starts;
}

describe('follow-ups', () => {
  it('come after a change, each after its pause from the read before, and then no more', () => {
    expect(startsOf('keep')).toEqual([30, 90, 210]);
  });

  it('are none where nothing changed, and where no pause is set', () => {
    expect(plan(noExtraReads, aRun(0)).followUp).toBeUndefined();
    expect(startsOf('begin', { ...settings, followUpDelaysMs: [] })).toEqual([]);
  });

  it('come up to a fifth later by chance, never sooner', () => {
    const run = aRun(0, { followUps: 'begin' });
    expect([0, 0.5, 1].map((random) => plan(noExtraReads, run, settings, random).followUp?.at)).toEqual([
      30_000, 33_000, 36_000,
    ]);
  });

  it('begin anew with each change that one of them finds, within the limit of an hour', () => {
    expect(startsOf('begin')).toEqual(Array.from({ length: 15 }, (_, index) => 30 * (index + 1)));
    expect(startsOf('begin', { ...settings, callsPerHour: 2 })).toEqual([30, 60]);
  });

  it('count by the calls that a read takes: a landscape that takes more than the limit has none', () => {
    expect(startsOf('begin', settings, 5)).toEqual([30, 60, 90]);
    expect(startsOf('begin', settings, 16)).toEqual([]);
    expect(startsOf('begin', { ...settings, callsPerHour: 0 })).toEqual([]);
  });

  it('have room again an hour after those that took it', () => {
    const own = { ...settings, callsPerHour: 1 };
    const spent = plan(begin(0), followUp(30 * second), own);
    const later = (at: number) => plan(spent, aRun(at, { followUps: 'begin' }), own).followUp;
    expect(later(hour - 1)).toBeUndefined();
    expect(later(hour)).toEqual({ index: 0, at: hour + 30 * second });
  });

  it('do not count what is due or asked for, however it comes together with one', () => {
    const together = plan(begin(0), aRun(30 * second, { triggers: ['schedule', 'follow-up'], calls: 99 }));
    expect(together.spent).toEqual([]);
    expect(plan(noExtraReads, aRun(0, { triggers: ['connection'] })).spent).toEqual([]);
    expect(plan(begin(0), followUp(30 * second, { calls: 3 })).spent).toEqual([{ at: 30 * second, calls: 3 }]);
  });

  it('count where they come together with what asks for no read, but no call that another run took', () => {
    const spentBy = (changes: Partial<EndedRun>) => plan(noExtraReads, aRun(0, changes)).spent;
    expect(spentBy({ triggers: ['drift', 'follow-up'] })).toEqual([{ at: 0, calls: 1 }]);
    expect(spentBy({ triggers: ['drift'] })).toEqual([]);
    expect(spentBy({ triggers: ['follow-up'], calls: 0 })).toEqual([]);
  });

  it('are forgotten after an hour', () => {
    const spent = plan(begin(0), followUp(30 * second));
    expect(plan(spent, aRun(hour + 30 * second - 1)).spent).toHaveLength(1);
    expect(plan(spent, aRun(hour + 30 * second)).spent).toEqual([]);
  });

  it('end for an hour with a 429, whoever was turned away', () => {
    const ended = plan(begin(0), aRun(10 * second, { isRateLimited: true, hasRead: false }));
    expect(ended.followUp).toBeUndefined();
    const changed = (at: number) => plan(ended, aRun(at, { followUps: 'begin' })).followUp;
    expect(changed(hour)).toBeUndefined();
    expect(changed(hour + 10 * second)).toBeDefined();
  });

  it('end with a suspension', () => {
    expect(plan(begin(0), aRun(5 * second, { hasRead: false, followUps: 'end' })).followUp).toBeUndefined();
  });

  it('stay as they were planned through runs that do not read UCL, and through reads long before them', () => {
    const begun = begin(0);
    expect(plan(begun, aRun(20 * second, { triggers: ['drift'], hasRead: false, calls: 0 }))).toEqual(begun);
    expect(plan(begin(0, { calls: 2 }), aRun(14 * second)).followUp?.index).toBe(0);
  });

  it('are over with any read that comes when one is near, and go on with the next', () => {
    expect(plan(begin(0), aRun(15 * second)).followUp).toEqual({ index: 1, at: 75 * second });
    expect(plan(begin(0), aRun(20 * second, { hasRead: false })).followUp).toEqual({ index: 0, at: 30 * second });
  });

  it('go on after one that failed', () => {
    expect(plan(begin(0), followUp(30 * second, { hasRead: false })).followUp).toEqual({ index: 1, at: 90 * second });
  });

  it('leave a turn of the schedule that the floor after them would delay to the schedule', () => {
    const at = (turn: number) => (begin(0, { turnAt: turn * second }).followUp?.at ?? 0) / second;
    expect([29, 30, 44].map(at)).toEqual([30, 45, 59]);
    // The turn is the read that the follow-up would have been.
    const left = begin(0, { turnAt: 44 * second });
    expect(plan(left, aRun(44 * second)).followUp).toEqual({ index: 1, at: 104 * second });
  });

  it('are never the third read within a minute, nor make the next turn of the schedule the third', () => {
    // The schedule read at 0 s and a person asked at 14 s.
    const asked = plan(plan(noExtraReads, aRun(0)), aRun(14 * second, { followUps: 'begin' }));
    expect(asked.followUp?.at).toBe(60 * second);
    // Further reads that a follow-up is planned before push it on.
    expect(plan(begin(0), aRun(14 * second)).followUp).toEqual({ index: 0, at: 60 * second });
    const at = (turn: number) => (begin(0, { turnAt: turn * second }).followUp?.at ?? 0) / second;
    expect([45, 59, 60].map(at)).toEqual([60, 74, 30]);
  });

  it('come as often as the settings say where the floor is shorter', () => {
    const own = { ...settings, followUpDelaysMs: [second, second] };
    const quick = (before: ExtraReads, run: EndedRun) => planExtraReads(before, run, own, 500, 0);
    const begun = quick(noExtraReads, aRun(0, { followUps: 'begin' }));
    expect(quick(begun, followUp(second)).followUp?.at).toBe(2 * second);
  });

  it('keep the floor between two reads where that is longer than a pause', () => {
    const own = { ...settings, followUpDelaysMs: [5 * second] };
    expect(plan(noExtraReads, aRun(0, { followUps: 'begin' }), own).followUp?.at).toBe(floorMs);
  });
});

describe('probes', () => {
  const tick = (extra: ExtraReads, at: number, turnAt?: number, own = settings) =>
    afterProbeTick(extra, at, turnAt, own, floorMs).probeAt;
  const probed = (at: number, calls = 1) =>
    plan(noExtraReads, aRun(at, { triggers: ['probe'], hasRead: calls > 1, calls }));

  it('come with their tick, once', () => {
    expect(tick(noExtraReads, 5 * second)).toBe(5 * second);
    expect(tick({ ...noExtraReads, probeAt: second }, 5 * second)).toBe(second);
    expect(probed(5 * second).probeAt).toBeUndefined();
  });

  it('take their part of the limit of an hour, with the read that they led to, and then do not come', () => {
    const own = { ...settings, callsPerHour: 3 };
    expect(probed(0, 3).spent).toEqual([{ at: 0, calls: 3 }]);
    expect(tick(probed(0, 2), 60 * second, undefined, own)).toBe(60 * second);
    expect(tick(probed(0, 3), 60 * second, undefined, own)).toBeUndefined();
    expect(tick(probed(0, 3), hour, undefined, own)).toBe(hour);
  });

  it('do not come where what was planned before has taken the room since', () => {
    const waiting = { ...noExtraReads, probeAt: 60 * second };
    const spent = aRun(40 * second, { triggers: ['follow-up'], calls: 15 });
    expect(plan(waiting, spent).probeAt).toBeUndefined();
    expect(plan(waiting, { ...spent, calls: 14 }).probeAt).toBe(60 * second);
  });

  it('do not come right before a turn of the schedule, which would have to wait, nor right after a read', () => {
    expect([4, 5, 19, 20].map((turn) => tick(noExtraReads, 5 * second, turn * second))).toEqual([
      5 * second,
      undefined,
      undefined,
      5 * second,
    ]);
    const waiting = { ...noExtraReads, probeAt: 60 * second };
    expect(plan(waiting, aRun(45 * second)).probeAt).toBeUndefined();
    expect(plan(waiting, aRun(44 * second)).probeAt).toBe(60 * second);
  });

  it('end for an hour with a 429, and rest until a read after a suspension', () => {
    const waiting = { ...noExtraReads, probeAt: 60 * second };
    const refused = plan(waiting, aRun(10 * second, { isRateLimited: true, hasRead: false }));
    expect(refused.probeAt).toBeUndefined();
    expect([hour, hour + 10 * second].map((at) => tick(refused, at))).toEqual([undefined, hour + 10 * second]);
    const resting = plan(waiting, aRun(10 * second, { followUps: 'end', hasRead: false }));
    expect(resting.probeAt).toBeUndefined();
    const looked = plan(resting, aRun(20 * second, { hasRead: false }));
    expect(tick(looked, 30 * second)).toBeUndefined();
    expect(tick(plan(looked, aRun(30 * second)), 60 * second)).toBe(60 * second);
  });
});
