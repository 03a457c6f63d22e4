import { getHeapStatistics } from 'node:v8';
import { readMemoryLimit } from './cli/read-memory-limit.ts';
import { toHeapBytes } from './cli/to-heap-bytes.ts';

/** How large the heap of this process may grow, in bytes. */
export function readHeapBytes(env: Readonly<Record<string, string | undefined>>): number {
  return toHeapBytes({
    execArgv: process.execArgv,
    nodeOptions: env.NODE_OPTIONS ?? '',
    heapSizeLimitBytes: getHeapStatistics().heap_size_limit,
    memoryLimitBytes: readMemoryLimit(),
  });
}
