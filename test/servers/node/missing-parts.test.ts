import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { listMissingParts, type Machine } from './missing-parts.ts';

const machine: Machine = {
  platform: 'linux',
  userId: 0,
  hasProgram: async () => true,
  cniPlugins: '/usr/lib/cni',
};

describe('What a node lacks on a machine', () => {
  test('is nothing where all is there', async () => {
    expect(await listMissingParts(machine)).toEqual([]);
  });

  test('is Linux alone where that is missing', async () => {
    expect(await listMissingParts({ ...machine, platform: 'darwin', userId: 501 })).toEqual(['Linux']);
  });

  test('is told with the package that has it', async () => {
    const hasProgram = async (name: string) => name !== 'runc';
    expect(await listMissingParts({ ...machine, userId: 1000, hasProgram, cniPlugins: undefined })).toEqual([
      'root',
      'runc (Debian: runc)',
      'CNI plugins (Debian: containernetworking-plugins)',
    ]);
  });
});

describe('npm run test:node where a node cannot run', () => {
  const main = path.join(import.meta.dirname, '../../suites/node/main.ts');
  const start = (env: NodeJS.ProcessEnv) =>
    spawnSync(process.execPath, [main], { env: { PATH: '/nowhere', ...env }, encoding: 'utf8' });

  test('says in one line what is missing, and does not fail', () => {
    const { status, stderr } = start({});
    expect(stderr).toMatch(/^The tests on a real node did not run\. .*\n$/);
    expect(status).toBe(0);
  });

  test('fails under CI=true', () => {
    expect(start({ CI: 'true' }).status).toBe(1);
  });
});
