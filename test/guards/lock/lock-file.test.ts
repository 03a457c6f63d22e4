import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { findGaps, parseLockFile } from './find-gaps.ts';

const root = join(import.meta.dirname, '../../..');
const lock = parseLockFile(readFileSync(join(root, 'package-lock.json'), 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'ucl-agent-lock-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the lock file', () => {
  test('holds every package that another one names, those of other platforms included, with its hash', () => {
    expect(findGaps(lock)).toEqual([]);
  });

  test('is what npm ci takes, as told by npm itself without a network and without a cache', () => {
    for (const file of ['package.json', 'package-lock.json', '.npmrc'])
      copyFileSync(join(root, file), join(folder, file));
    const options = ['--dry-run', '--offline', '--ignore-scripts', '--loglevel=error', `--cache=${folder}/cache`];
    const { status, stderr } = spawnSync('npm', ['ci', ...options], { cwd: folder, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

describe('the search for gaps', () => {
  const text = (linter: object) =>
    JSON.stringify({
      packages: {
        '': { devDependencies: { linter: '^2.0.0' } },
        'node_modules/linter': { integrity: 'sha512-a', optionalDependencies: { 'linter-darwin-arm64': '2.0.0' } },
        ...linter,
      },
    });

  test('finds a package of another platform that is missing', () => {
    expect(findGaps(parseLockFile(text({})))).toEqual([
      'node_modules/linter names linter-darwin-arm64, which is missing',
    ]);
  });

  test('finds a package whose hash is missing', () => {
    expect(findGaps(parseLockFile(text({ 'node_modules/linter-darwin-arm64': { os: ['darwin'] } })))).toEqual([
      'node_modules/linter-darwin-arm64 has no integrity',
    ]);
  });

  test('looks for a package in the one that names it, and around that', () => {
    const nested = 'node_modules/linter/node_modules/linter-darwin-arm64';
    const inner = { integrity: 'sha512-b', dependencies: { linter: '^2.0.0' } };
    expect(findGaps(parseLockFile(text({ [nested]: inner })))).toEqual([]);
  });
});
