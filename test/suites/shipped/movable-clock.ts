import { syncBuiltinESMExports } from 'node:module';
import { createInterface } from 'node:readline';
import { install } from '@sinonjs/fake-timers';

/**
 * Loaded into a process before the agent (`node --import`): the process then lives by a clock that runs like the real
 * one and can be put forward. Wall clock, monotonic clock and every timer of JavaScript go together, in order: what is
 * due on the way fires at its own time. A line on stdin, the instant to go to in milliseconds since the epoch, moves it.
 */

const realNow = performance.now.bind(performance);
const realInterval = setInterval;
const stepMs = 5;

const clock = install({
  now: Date.now(),
  toFake: ['Date', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'hrtime'],
});
// Named imports of node:timers/promises and node:perf_hooks see it too.
syncBuiltinESMExports();

let lastMs = realNow();
let isMoving = false;
realInterval(() => {
  const nowMs = realNow();
  const passedMs = Math.floor(nowMs - lastMs);
  lastMs += passedMs;
  if (!isMoving) clock.tick(passedMs);
}, stepMs);

async function moveTo(atMs: number): Promise<void> {
  isMoving = true;
  await clock.tickAsync(Math.max(atMs - Date.now(), 0));
  isMoving = false;
}

createInterface({ input: process.stdin }).on('line', (line) => void moveTo(Number(line)));
