import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildAgent } from '../agent/build-agent.ts';
import { isInstalled, pressTab, type Shell, shells } from './press-tab.ts';
import { writeArchive } from './write-archive.ts';

const run = promisify(execFile);

let folder: string;
let env: Record<string, string>;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ucl-agent-completion-'));
  const { file } = await writeArchive(await buildAgent(), folder);
  await run('tar', ['-xzf', file], { cwd: folder });
  await writeFile(path.join(folder, 'my-kubeconfig'), '');
  await symlink(process.execPath, path.join(folder, 'package/node'));
  env = { PATH: `${path.join(folder, 'package')}:${process.env.PATH}`, HOME: folder, TERM: 'dumb', NO_COLOR: '1' };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What is missing here is told, so that nobody takes a test for passed that was not run. */
function isTried(...programs: string[]): boolean {
  const missing = programs.filter((program) => !isInstalled(program));
  if (missing.length > 0) console.warn(`Not tried: completion that needs ${missing.join(' and ')}.`);
  return missing.length === 0;
}

/** What a person has typed behind the program's name, and what becomes of it. */
const words: [typed: string, completed: string][] = [
  ['sta', 'status '],
  ['status --wa', 'status --watch '],
  ['status -o w', 'status -o wide '],
  ['status --output=j', 'status --output=json '],
  ['completion f', 'completion fish '],
  ['--context "a b" appr', '--context "a b" approve '],
  // Several words could follow, or none.
  ['status --output=', 'status --output='],
  ['explain x', 'explain x'],
];

async function expectCompleted(shell: Shell, script: string, program: string, pairs: typeof words) {
  const [lines, completed] = [0, 1].map((side) => pairs.map((pair) => `${program} ${pair[side]}`));
  expect(await pressTab(shell, { script, env, lines: lines ?? [] })).toEqual(completed);
}

const present = shells.filter((shell) => isTried(shell, ...(shell === 'bash' ? ['setsid'] : [])));
describe.each(present)('in a real %s', (shell) => {
  test.each(['ucl-agent', 'kubectl-ucl'])('Tab completes what follows %s', async (program) => {
    const { stdout: script } = await run(program, ['completion', shell], { env });
    const file = path.join(folder, 'my-k');
    await expectCompleted(shell, script, program, [
      ...words,
      [`--kubeconfig ${file}`, `--kubeconfig ${file}ubeconfig `],
      [`--kubeconfig=${file}`, `--kubeconfig=${file}ubeconfig `],
    ]);
  });
});

// For bash, kubectl's script needs the package bash-completion.
const withKubectl = present.filter((shell) => shell !== 'bash' && isTried('kubectl'));
describe.each(withKubectl)("in a real %s with kubectl's completion", (shell) => {
  test('Tab completes what follows kubectl ucl', async () => {
    const { stdout: script } = await run('kubectl', ['completion', shell], { env });
    await expectCompleted(shell, script, 'kubectl ucl', words.slice(0, 5));
  });
});
