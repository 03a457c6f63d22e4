import { expect, test } from 'vitest';
import { toHeapBytes } from '../../../agent/cli/to-heap-bytes.ts';

const mib = 2 ** 20;
const plain = { execArgv: [], nodeOptions: '', heapSizeLimitBytes: 4288 * mib, memoryLimitBytes: undefined };

test.each([
  [plain, 4096],
  [{ ...plain, execArgv: ['--max-old-space-size=384', '--max-semi-space-size=2'], heapSizeLimitBytes: 390 * mib }, 384],
  [{ ...plain, nodeOptions: '--max_old_space_size=96', heapSizeLimitBytes: 288 * mib }, 96],
  [{ ...plain, nodeOptions: '--max-old-space-size=96', execArgv: ['--max-old-space-size=128'] }, 128],
  [{ ...plain, nodeOptions: '--max-heap-size=96', heapSizeLimitBytes: 96 * mib }, 72],
  [{ ...plain, memoryLimitBytes: 256 * mib }, 192],
])(
  'what lives long has its own part of the heap, and no more than the container has: %j gives %d MiB',
  (given, heapMiB) => {
    expect(toHeapBytes(given)).toBe(heapMiB * mib);
  },
);
