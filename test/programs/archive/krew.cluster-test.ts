import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MissingBinariesError } from '../../servers/cluster/build-go-programs.ts';
import { findBinaries } from '../../servers/cluster/cluster-binaries.ts';
import { buildKrew } from '../../servers/krew/build-krew.ts';
import { buildAgent } from '../agent/build-agent.ts';
import { type Archive, writeArchive } from './write-archive.ts';

const run = promisify(execFile);

let folder: string;
let archive: Archive;
let kubectl: (...args: string[]) => Promise<string>;
// The first time krew is built.
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ucl-agent-krew-'));
  archive = await writeArchive(await buildAgent(), path.join(folder, 'dist'));
  const own = path.join(folder, 'bin');
  await mkdir(own);
  await symlink(await buildKrew(process.env), path.join(own, 'kubectl-krew'));
  await symlink(process.execPath, path.join(own, 'node'));
  const binaries = await findBinaries(process.env);
  if (binaries === undefined)
    throw new MissingBinariesError('krew is tried with the kubectl of the tests, which is not built.');
  await symlink(binaries.kubectl, path.join(own, 'kubectl'));
  const env = {
    ...{ HOME: folder, KREW_ROOT: path.join(folder, '.krew'), KREW_NO_UPGRADE_CHECK: '1' },
    PATH: [path.join(folder, '.krew/bin'), own, '/usr/bin', '/bin'].join(':'),
  };
  kubectl = async (...args) => (await run(path.join(own, 'kubectl'), args, { env, cwd: folder })).stdout;
}, 600_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

test('krew installs the archive by its manifest, and kubectl runs and completes it', async () => {
  await kubectl('krew', 'install', `--manifest=${archive.manifest}`, `--archive=${archive.file}`);
  expect(await kubectl('ucl', '--help')).toMatch(/^Usage: kubectl ucl /);

  // As docs/cli.md says: krew makes a link to one program alone.
  const store = path.join(folder, '.krew/store/ucl');
  await run('sh', ['-c', 'ln -sf "$0"/*/kubectl_complete-ucl "$1"', store, path.join(folder, '.krew/bin/')]);
  expect(await kubectl('__complete', 'ucl', 'appr')).toMatch(/^approve\t/);
});
