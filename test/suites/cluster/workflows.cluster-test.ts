import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildActionlint } from '../../servers/actionlint/build-actionlint.ts';

const root = path.join(import.meta.dirname, '../../..');
const folder = path.join(root, '.github/workflows');

/** They need Go, as all of this folder does, and no cluster. */
describe('the workflows for a hosted CI', () => {
  let actionlint: string;
  // The first time it is built.
  beforeAll(async () => {
    actionlint = await buildActionlint(process.env);
  }, 600_000);
  // Whether the machine has shellcheck must not decide.
  const lint = (args: readonly string[], input?: string) =>
    spawnSync(actionlint, ['-no-color', '-shellcheck=', '-pyflakes=', ...args], { cwd: root, input, encoding: 'utf8' });

  test('are well-formed', () => {
    const files = readdirSync(folder).map((file) => path.join(folder, file));
    expect(files.length).toBeGreaterThan(1);
    expect(lint(files)).toMatchObject({ status: 0, stdout: '' });
  });

  test('would be refused with a mistake', () => {
    const mistaken = [
      'on: push',
      'jobs:',
      '  one:',
      '    runs-on: ubuntu-24.04',
      '    steps:',
      '      - run: echo $' + '{{ github.nothing }}',
    ].join('\n');
    const { status, stdout } = lint(['-'], mistaken);
    expect(status).toBe(1);
    expect(stdout).toContain('property "nothing" is not defined');
  });
});
