import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { prometheusCacheFolder } from '../prometheus/build-prometheus.ts';
import { binariesCacheFolder, findBinaries } from './cluster-binaries.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ucl-agent-binaries-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

function runBuild(env: Record<string, string>): { status: number | null; stdout: string; stderr: string } {
  const script = path.join(import.meta.dirname, 'build-binaries.ts');
  return spawnSync(process.execPath, [script], { env: { PATH: '/nowhere', ...env }, encoding: 'utf8' });
}

async function putPrograms(target: string, names: string[]): Promise<void> {
  await mkdir(target, { recursive: true });
  for (const name of names) {
    await writeFile(path.join(target, name), '#!/bin/sh\n');
    await chmod(path.join(target, name), 0o755);
  }
}

test('Without Go and without assets one line says what is missing', () => {
  const { status, stdout, stderr } = runBuild({ XDG_CACHE_HOME: path.join(folder, 'empty') });
  expect(status).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/^.*Go 1\.26.*KUBEBUILDER_ASSETS.*\n$/);
});

test('Assets that lack a program are named in one line', () => {
  const { status, stderr } = runBuild({ XDG_CACHE_HOME: folder, KUBEBUILDER_ASSETS: path.join(folder, 'none') });
  expect(status).toBe(1);
  expect(stderr).toMatch(/^KUBEBUILDER_ASSETS=.*none lacks .*\n$/);
});

test('Assets alone serve, and a line each says that nothing collects garbage and that no alert can be tested', async () => {
  const assets = path.join(folder, 'assets');
  await putPrograms(assets, ['etcd', 'kube-apiserver', 'kubectl']);
  const { status, stdout, stderr } = runBuild({ XDG_CACHE_HOME: folder, KUBEBUILDER_ASSETS: assets });
  expect({ status, stdout }).toEqual({ status: 0, stdout: `${assets}\n` });
  expect(stderr).toMatch(/^No kube-controller-manager .*\nThe tests of the alerts need Go .*\n$/);
});

test('Programs in the cache folder are used as they are', async () => {
  const env = { XDG_CACHE_HOME: path.join(folder, 'cache') };
  const cache = await binariesCacheFolder(env);
  await putPrograms(cache, ['etcd', 'kube-apiserver', 'kubectl', 'kube-controller-manager']);
  await putPrograms(await prometheusCacheFolder(env), ['prometheus', 'promtool']);
  expect(runBuild(env)).toMatchObject({ status: 0, stdout: `${cache}\n`, stderr: '' });
  expect(await findBinaries(env)).toEqual({
    etcd: path.join(cache, 'etcd'),
    kubeApiserver: path.join(cache, 'kube-apiserver'),
    kubectl: path.join(cache, 'kubectl'),
    kubeControllerManager: path.join(cache, 'kube-controller-manager'),
  });
});
