import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { renderScore, toScore } from './render-score.ts';
import { type TriedMutants, tryMutants } from './try-mutants.ts';

const root = path.join(import.meta.dirname, '../../..');
const file = 'agent/toy/count-down.ts';
const files: Readonly<Record<string, string>> = {
  [file]: `
export const step = 2 - 1;

export function countDown(from: number): number[] {
  const numbers: number[] = [];
  for (let at = from; at > 0; at -= step) numbers.push(at);
  return numbers;
}

export function toWords(count: number): string {
  return count === 1 ? 'one number' : 'many numbers';
}
`,
  'test/rooms/toy/count-down.test.ts': `
import { expect, test } from 'vitest';
import { countDown, toWords } from '../../../agent/toy/count-down.ts';
test('counts down', () => expect(countDown(2).length).toBeGreaterThan(1));
test('has words', () => expect(toWords(1)).toBe('one number'));
test('fails by itself', () => expect(toWords(2)).toBe(''));
`,
  'test/rooms/user/use-count-down.test.ts': `
import { expect, test } from 'vitest';
import { countDown } from '../../../agent/toy/count-down.ts';
test('is used', () => expect(countDown(2)).toEqual([2, 1]));
`,
};

const folder = await mkdtemp(path.join(tmpdir(), 'ucl-agent-mutation-test-'));
let tried: TriedMutants;
beforeAll(async () => {
  const project = path.join(folder, 'project');
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(project, name)), { recursive: true });
    await writeFile(path.join(project, name), text);
  }
  await mkdir(path.join(project, 'graphql'));
  for (const name of ['package.json', 'tsconfig.json', 'vitest.mutation.config.ts', 'test/programs/mutation']) {
    await cp(path.join(root, name), path.join(project, name), { recursive: true });
  }
  await symlink(path.join(root, 'node_modules'), path.join(project, 'node_modules'));
  tried = await tryMutants(project, [file], path.join(folder, 'tries'));
}, 300_000);
afterAll(() => rm(folder, { recursive: true }));

const changes = () => [...tried.judged].map(([{ before, after }, why]) => ({ change: `${before} -> ${after}`, why }));
const whyOf = (change: string) => changes().find((one) => one.change === change)?.why;

test('A change is noticed by a test of its room, or of another', () => {
  expect(whyOf('\'one number\' -> ""')).toContain('one number');
  expect(whyOf('at > 0 -> at >= 0')).toContain('to deeply equal');
});

test('A change that makes a loop without end is noticed', () => {
  expect(whyOf('at -= step -> at += step')).toContain('Hit count limit reached');
});

test('What nobody notices is told with its place, and counts', () => {
  const unnoticed = changes().filter(({ why }) => why === undefined);
  expect(unnoticed.map(({ change }) => change)).toEqual(['count === 1 -> true', '\'many numbers\' -> ""']);
  const noticed = tried.judged.size - 2;
  expect(toScore([...tried.judged])).toBeCloseTo((100 * noticed) / (noticed + 2));
  const score = renderScore(tried);
  expect(score).toContain(`| \`toy/\` | 1 | ${noticed} | 2 | `);
  expect(score).toContain(`${file}:11: count === 1 -> true\n`);
});

test('What does not compile, or runs while the file is loaded, is left out', () => {
  const all = changes().map(({ change }) => change);
  expect(all).not.toContain('[] -> ["Stryker was here"]');
  expect(all).not.toContain('2 - 1 -> 2 + 1');
});

test('A test that fails by itself notices nothing, and is told', () => {
  expect(tried.failedTests).toEqual(['test/rooms/toy/count-down.test.ts: fails by itself']);
});
