import { createInterface } from 'node:readline';

/**
 * Loaded into a process before the agent (`node --import`): its wall clock can be put wrong, and its monotonic clock and its
 * timers run on. A line on stdin says by how many milliseconds. All that JavaScript knows of the wall clock comes from
 * `Date`, so this is what libfaketime does with the monotonic clock left alone, without a library of the machine.
 */

const RealDate = Date;
let offsetMs = 0;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, values: [], caller) =>
    Reflect.construct(target, values.length === 0 ? [RealDate.now() + offsetMs] : values, caller),
  apply: () => new RealDate(RealDate.now() + offsetMs).toString(),
  get: (target, name) => (name === 'now' ? () => RealDate.now() + offsetMs : Reflect.get(target, name)),
});

createInterface({ input: process.stdin }).on('line', (line) => {
  offsetMs = Number(line);
});
