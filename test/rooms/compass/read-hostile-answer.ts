import { createCompass } from '../../../agent/compass/create-compass.ts';
import { toReadLimits } from '../../../agent/compass/read-limits.ts';
import { weighAnswer } from '../../../agent/compass/weigh-answer.ts';
import { isAgentError } from '../../../agent/errors/agent-error.ts';
import { anAccess } from '../../data/builders/an-access.ts';
import { buildCompassOptions } from '../../data/builders/build-compass-options.ts';
import { hostileAnswers } from '../../data/builders/hostile-answers.ts';

/**
 * A program: reads a landscape that is answered by the hostile answer of that name, each time, and prints what it came to. The answer is
 * as large as is said in bytes, or just below what the agent takes (`limit`).
 */
const [, , name = '', size = '', heapMiB = ''] = process.argv;
const limits = toReadLimits(Number(heapMiB) * 2 ** 20);
const build = hostileAnswers[name] ?? (() => '');
const probeBytes = 60_000;
const weightOfByte = weighAnswer(Buffer.from(build(probeBytes))) / probeBytes;
const bytes = size === 'limit' ? Math.floor((limits.maxAnswerWeight * 0.98) / weightOfByte / 6) * 6 : Number(size);
const body = Buffer.from(build(bytes));
// The landscape as it was, and the objects in the cluster, which are there all the while.
const ballast = Array.from({ length: (2 * limits.maxReadWeight) / 1_024 }, (_, index) => Array(125).fill(index));
const { directors } = createCompass(buildCompassOptions({ limits, maxResponseBytes: 2 ** 30 }), () => ({
  send: async () => ({ status: 200, headers: { 'content-type': 'application/json' }, body: new Uint8Array(body) }),
  close: () => undefined,
}));
const director = directors.current(anAccess({ runtimeId: 'r' }));
try {
  const { gaps } = await director.readLandscape(new AbortController().signal);
  process.stdout.write(`read, with ${gaps.length} gaps, beside ${ballast.length} KiB`);
} catch (error: unknown) {
  process.stdout.write(isAgentError(error) ? error.reason : String(error));
}
