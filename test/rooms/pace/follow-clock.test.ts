import { expect, test } from 'vitest';
import { followClock } from '../../../agent/pace/follow-clock.ts';
import { VirtualTime } from '../../data/fakes/virtual-time.ts';

test('A wall clock that is set is noticed within two seconds, either way, and one that is slewed is not', async () => {
  const time = new VirtualTime();
  const stop = new AbortController();
  let jumps = 0;
  const following = followClock(
    () => {
      jumps += 1;
    },
    time,
    stop.signal,
  );
  await time.pass(60_000);
  for (let second = 0; second < 60; second += 1) {
    time.jump(500);
    await time.pass(1_000);
  }
  expect(jumps).toBe(0);
  for (const hours of [-6, 6, 24 * 365]) {
    time.jump(hours * 3_600_000);
    await time.pass(2_000);
  }
  expect(jumps).toBe(3);
  stop.abort();
  await following;
});
