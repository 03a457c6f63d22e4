import { expect, test } from 'vitest';
import { LeadershipGate } from '../../../agent/leadership/gate.ts';
import { VirtualTime } from '../../data/fakes/virtual-time.ts';

const lost = expect.objectContaining({ reason: 'LeadershipLost' });

test('nothing passes before it is opened', () => {
  expect(() => new LeadershipGate(new VirtualTime()).enter()).toThrow(lost);
});

test('closes by itself at its instant, and ends what is under way', async () => {
  const time = new VirtualTime();
  const gate = new LeadershipGate(time);
  const term = gate.open(10_000);
  const passage = gate.enter();
  await time.pass(9_999);
  expect(passage.aborted).toBe(false);
  await time.pass(1);
  expect([passage.aborted, term.aborted, passage.reason]).toEqual([true, true, lost]);
  expect(() => gate.enter()).toThrow(lost);
});

test('stays open as long as it is kept open', async () => {
  const time = new VirtualTime();
  const gate = new LeadershipGate(time);
  const term = gate.open(10_000);
  await time.pass(2_000);
  gate.keepOpen(12_000);
  await time.pass(9_999);
  expect(term.aborted).toBe(false);
  await time.pass(1);
  expect(term.aborted).toBe(true);
});

test('looks at the clock itself, since the timers of a process that was stopped come late', () => {
  let now = 0;
  const frozen = { instant: () => now, sleepUntil: () => new Promise<void>(() => undefined) };
  const gate = new LeadershipGate(frozen);
  const term = gate.open(10_000);
  now = 60_000;
  expect(() => gate.enter()).toThrow(lost);
  expect(term.aborted).toBe(true);
});

test('is open without end where there is no election, and has an end once there is one', async () => {
  const time = new VirtualTime();
  const gate = new LeadershipGate(time);
  const term = gate.open(Number.POSITIVE_INFINITY);
  await time.pass(3_600_000);
  gate.enter();
  gate.keepOpen(3_610_000);
  await time.pass(10_000);
  expect(term.aborted).toBe(true);
});

test('cannot be kept open once it is closed', async () => {
  const time = new VirtualTime();
  const gate = new LeadershipGate(time);
  gate.open(10_000);
  gate.close();
  gate.keepOpen(20_000);
  expect(() => gate.enter()).toThrow(lost);
  await time.pass(20_000);
});
