import { parentPort, workerData } from 'node:worker_threads';
import type { Part } from './search-seeds.ts';
import { trySeed } from './try-seed.ts';

// The agent aborts something with every request, and each of these errors would gather its stack.
Error.stackTraceLimit = 0;

const { seed: first, end, stride, agents }: Part = workerData;
for (let seed = first; seed < end; seed += stride) parentPort?.postMessage(await trySeed(seed, agents));
