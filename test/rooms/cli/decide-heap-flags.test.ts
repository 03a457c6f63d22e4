import { expect, test } from 'vitest';
import { decideHeapFlags } from '../../../agent/cli/decide-heap-flags.ts';

const plain = { execArgv: [], nodeOptions: '', requestedMiB: undefined, memoryLimitBytes: undefined };
const mib = 2 ** 20;

test.each([
  [plain, 384],
  [{ ...plain, memoryLimitBytes: 4096 * mib }, 384],
  [{ ...plain, memoryLimitBytes: 256 * mib }, 192],
  [{ ...plain, memoryLimitBytes: 64 * mib }, 48],
  [{ ...plain, memoryLimitBytes: 256 * mib, requestedMiB: 1024 }, 1024],
  [{ ...plain, execArgv: ['--enable-source-maps'], nodeOptions: '--trace-warnings' }, 384],
])('the heap fits the container and is never larger than needed: %j gives %d MiB', (circumstances, oldSpaceMiB) => {
  expect(decideHeapFlags(circumstances)).toEqual([`--max-old-space-size=${oldSpaceMiB}`, '--max-semi-space-size=4']);
});

test.each([
  { ...plain, execArgv: ['--max-old-space-size=384', '--max-semi-space-size=2'] },
  { ...plain, nodeOptions: '--max_old_space_size=512' },
  { ...plain, nodeOptions: '--max-heap-size=512', requestedMiB: 100 },
])('nothing is changed where somebody has decided already: %j', (circumstances) => {
  expect(decideHeapFlags(circumstances)).toBeUndefined();
});
