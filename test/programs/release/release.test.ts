import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { setVersion, toReleaseNotes, versionedFiles } from './set-version.ts';

const run = promisify(execFile);
const root = path.join(import.meta.dirname, '../../..');
const main = path.join(import.meta.dirname, 'main.ts');
const release = (...args: string[]) => run(process.execPath, [main, ...args], { cwd: root });
const date = '2030-01-31';

let version: string;
const texts = new Map<string, string>();
beforeAll(async () => {
  for (const { file } of versionedFiles) {
    const text = await readFile(path.join(root, file), 'utf8').catch(() => undefined);
    if (text !== undefined) texts.set(file, text);
  }
  version = z.object({ version: z.string() }).parse(JSON.parse(texts.get('package.json') ?? '')).version;
});

describe('setting a version', () => {
  const withNews = () =>
    new Map([
      ...texts,
      ['CHANGELOG.md', '# Changelog\n\n## Unreleased\n\n- New.\n\n## 0.0.1 - 2020-01-01\n\n- Old.\n'],
    ]);

  test('writes it to every file that names it, and leaves no other version of the image in any', () => {
    const changed = setVersion(withNews(), { from: version, to: '97.98.99', date });
    expect([...changed.keys()].sort()).toEqual([...texts.keys()].sort());
    for (const [file, text] of changed) {
      expect(text, file).toContain('97.98.99');
      expect(text, file).not.toContain(`ucl-agent:${version}`);
    }
    const lock: unknown = JSON.parse(changed.get('package-lock.json') ?? '');
    expect(lock).toMatchObject({ version: '97.98.99', packages: { '': { version: '97.98.99' } } });
  });

  test('makes a section of the changelog of what is unreleased, which are the notes', () => {
    const changelog = setVersion(withNews(), { from: version, to: '97.98.99', date }).get('CHANGELOG.md') ?? '';
    expect(changelog).toBe(
      '# Changelog\n\n## Unreleased\n\n## 97.98.99 - 2030-01-31\n\n- New.\n\n## 0.0.1 - 2020-01-01\n\n- Old.\n',
    );
    expect(toReleaseNotes(changelog, '97.98.99')).toBe('- New.\n');
    expect(toReleaseNotes(changelog, '0.0.1')).toBe('- Old.\n');
    expect(() => toReleaseNotes(changelog, '1.0.0')).toThrow('no section 1.0.0');
  });

  test.each(['0.0.0', 'next', '97.98', '97.98.99-rc.1'])('refuses %s', (to) => {
    expect(() => setVersion(withNews(), { from: version, to, date })).toThrow('is not a version X.Y.Z after');
  });

  test('refuses a file that lacks its place, and a changelog without news', () => {
    const bare = withNews().set('Dockerfile', 'FROM scratch\n');
    expect(() => setVersion(bare, { from: version, to: '97.98.99', date })).toThrow('Dockerfile does not name version');
    const quiet = withNews().set('CHANGELOG.md', '# Changelog\n\n## Unreleased\n\n## 0.0.1 - 2020-01-01\n\n- Old.\n');
    expect(() => setVersion(quiet, { from: version, to: '97.98.99', date })).toThrow('nothing to release');
  });

  test('tells in a dry run what it would write, and writes nothing', async () => {
    const { stdout } = await release('prepare', '97.98.99', '--dry-run', '--date', date);
    expect(stdout).toContain('package.json: "version": "97.98.99",');
    expect(stdout).toContain('CHANGELOG.md: ## 97.98.99 - 2030-01-31');
    for (const [file, text] of texts) expect(await readFile(path.join(root, file), 'utf8')).toBe(text);
  });
});

describe('the files of a release', () => {
  const folders: string[] = [];
  const pack = async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'ucl-agent-release-test-'));
    folders.push(folder);
    await release('pack', '--tag', `v${version}`, '--folder', folder, '--with', path.join(root, 'SECURITY.md'));
    return folder;
  };
  afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

  test('are program, manifests, SBOM, notes and further ones, with checksums that hold, also in a dry run', async () => {
    const folder = await pack();
    const names = await readdir(folder);
    expect(names).toEqual(
      expect.arrayContaining([
        'NOTES.md',
        'SECURITY.md',
        'SHA256SUMS',
        `ucl-agent-${version}.cdx.json`,
        `ucl-agent-manifests-${version}.tar.gz`,
        `ucl-agent-program-${version}.tar.gz`,
      ]),
    );
    await run('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: folder });
    const { stdout } = await run('tar', ['-tf', `ucl-agent-manifests-${version}.tar.gz`], { cwd: folder });
    expect(stdout.split('\n')).toContain('manifests/kustomization.yaml');
    const sums = await readFile(path.join(folder, 'SHA256SUMS'), 'utf8');
    expect(sums.trim().split('\n')).toHaveLength(names.length - 1);
    // The same commit gives the same files.
    const again = await release('pack', '--dry-run');
    expect(again.stdout).toContain('Nothing was kept.');
    const own = sums.split('\n').filter((line) => line !== '' && !line.endsWith('  SECURITY.md'));
    for (const line of own) expect(again.stdout).toContain(line);
  });

  test('are refused for the tag of another version', async () => {
    await expect(release('pack', '--tag', 'v97.98.99')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`is not that of version ${version}`),
    });
  });
});
