import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const program = fileURLToPath(new URL('read-hostile-answer.ts', import.meta.url));

/** Reads such an answer in a process of its own with that heap, and gives what it said; throws where it died. */
async function readHostile(name: string, size: string, heapMiB: number): Promise<string> {
  const { stdout } = await run(process.execPath, [
    `--max-old-space-size=${heapMiB}`,
    program,
    name,
    size,
    String(heapMiB),
  ]);
  return stdout;
}

test.each([
  ['empty objects for systems', 2 ** 25, 96],
  ['labels of the runtime', 18_000_000, 384],
  ['lists within lists', 2 ** 24, 96],
])('%s of %i bytes are a failure, with a heap of %i MiB', async (name, bytes, heapMiB) => {
  expect(await readHostile(name, String(bytes), heapMiB)).toBe('AnswerTooLarge');
});

test.each([
  ['empty objects for systems', 'InvalidAnswer'],
  ['headers of a bundle', 'read, with 1 gaps'],
])('the largest answer that is read leaves room for what is there besides: %s', async (name, outcome) => {
  expect(await readHostile(name, 'limit', 64)).toContain(outcome);
});
