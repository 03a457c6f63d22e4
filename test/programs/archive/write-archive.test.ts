import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { buildAgent } from '../agent/build-agent.ts';
import { writeArchive } from './write-archive.ts';

const run = promisify(execFile);
const address = 'https://downloads.example.test/ucl-agent.tgz';

let folder: string;
let unpacked: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ucl-agent-workstation-'));
  const { file } = await writeArchive(await buildAgent(), folder, address);
  await run('tar', ['-xzf', file], { cwd: folder });
  unpacked = path.join(folder, 'package');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs a program of the archive with this folder alone in the PATH, besides those of the system's own tools. */
async function call(program: string, args: readonly string[], nodeFolder: string) {
  const env = { PATH: `${nodeFolder}:/usr/bin:/bin`, HOME: folder };
  try {
    const { stdout, stderr } = await run(program, [...args], { env });
    return { exitCode: 0, stdout, stderr };
  } catch (error: unknown) {
    if (!(error instanceof Error && 'code' in error && 'stdout' in error && 'stderr' in error)) throw error;
    return { exitCode: error.code, stdout: error.stdout, stderr: error.stderr };
  }
}

/** A folder whose `node` says that it is of this version, and does nothing else. */
async function claimVersion(version: string): Promise<string> {
  const place = await mkdtemp(path.join(folder, 'node-'));
  await writeFile(path.join(place, 'node'), `#!/bin/sh\necho ${version}\n`, { mode: 0o755 });
  return place;
}

const present = path.dirname(process.execPath);

describe('the unpacked archive', () => {
  test('runs as ucl-agent, and by a link as krew makes it as kubectl ucl', async () => {
    const { version } = JSON.parse(await readFile(path.join(unpacked, 'package.json'), 'utf8'));
    expect(await call(path.join(unpacked, 'ucl-agent'), ['--version'], present)).toMatchObject({
      ...{ exitCode: 0, stdout: `${version}\n`, stderr: '' },
    });
    const link = path.join(folder, 'kubectl-ucl');
    await symlink(path.join('package', 'kubectl-ucl'), link);
    const { stdout } = await call(link, ['--help'], present);
    expect(stdout).toMatch(/^Usage: kubectl ucl /);
  });

  test('answers kubectl, which completes its plugins', async () => {
    const { stdout } = await call(path.join(unpacked, 'kubectl_complete-ucl'), ['dif'], present);
    expect(stdout).toMatch(/^diff\t.*\n:4\n$/);
  });

  test.each(['v20.19.4', 'v22.18.0'])('says that Node %s is too old, and which is not', async (version) => {
    const place = await claimVersion(version);
    expect(await call(path.join(unpacked, 'kubectl-ucl'), ['status'], place)).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `kubectl-ucl needs Node 22.19 or newer, and ${place}/node is ${version}. Get it from https://nodejs.org or your package manager.\n`,
    });
  });

  test.each(['v22.19.0', 'v24.0.0', 'v100.1.2'])('starts on Node %s', async (version) => {
    const { exitCode, stdout } = await call(path.join(unpacked, 'ucl-agent'), [], await claimVersion(version));
    expect([exitCode, stdout]).toEqual([0, `${version}\n`]);
  });
});

test("krew's manifest names the archive, its digest and what is in it", async () => {
  const { metadata, spec } = parse(await readFile(path.join(folder, 'ucl.yaml'), 'utf8'));
  const archive = await readFile(path.join(folder, `ucl-agent-${spec.version.slice(1)}.tgz`));
  expect(metadata.name).toBe('ucl');
  expect(spec.platforms).toMatchObject([
    {
      ...{ uri: address, bin: 'kubectl-ucl', files: [{ from: 'package/*', to: '.' }] },
      sha256: createHash('sha256').update(archive).digest('hex'),
    },
  ]);
});
