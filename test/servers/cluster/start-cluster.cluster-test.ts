import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { type Cluster, startCluster } from './start-cluster.ts';

const applications = '/apis/applicationconnector.kyma-project.io/v1alpha1/applications';
/** How long a test waits for what comes by itself. */
const patience = { timeout: 30_000, interval: 20 };
const named = z.object({ metadata: z.object({ uid: z.string() }) });

function application(name: string): object {
  return {
    apiVersion: 'applicationconnector.kyma-project.io/v1alpha1',
    kind: 'Application',
    metadata: { name },
    spec: { services: [] },
  };
}

describe('A cluster', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startCluster({ garbageCollector: true });
  });

  afterAll(async () => {
    await cluster.stop();
  });

  test('gives a service account no right that is not bound to it, and logs what it asked for', async () => {
    const kubeconfig = await cluster.kubeconfigFor({ serviceAccount: 'nobody', namespace: 'kyma-system' });
    const answer = await cluster.kubectl(['--kubeconfig', kubeconfig, 'get', 'secret', 'one', '-n', 'istio-system']);
    expect(answer.code).toBe(1);
    expect(answer.stderr).toContain('User "system:serviceaccount:kyma-system:nobody" cannot get resource "secrets"');
    const user = 'system:serviceaccount:kyma-system:nobody';
    const own = async (): Promise<object[]> => (await cluster.auditLog()).filter((entry) => entry.user === user);
    await vi.waitUntil(async () => (await own()).length > 0, patience);
    const refused = { verb: 'get', group: '', resource: 'secrets', namespace: 'istio-system', name: 'one', code: 403 };
    expect(await own()).toContainEqual(expect.objectContaining(refused));
  });

  test('collects the Secrets of an Application that was deleted', async () => {
    const owner = named.parse((await cluster.request('POST', applications, application('owner'))).body);
    const secret = '/api/v1/namespaces/kyma-system/secrets';
    const reference = {
      apiVersion: 'applicationconnector.kyma-project.io/v1alpha1',
      kind: 'Application',
      name: 'owner',
      uid: owner.metadata.uid,
    };
    const created = await cluster.request('POST', secret, {
      metadata: { name: 'owned', ownerReferences: [reference] },
    });
    expect(created.status).toBe(201);
    expect((await cluster.request('DELETE', `${applications}/owner`)).status).toBe(200);
    await vi.waitUntil(async () => (await cluster.request('GET', `${secret}/owned`)).status === 404, patience);
  });

  test('keeps address, objects and tokens over a restart of the API server', async () => {
    const kubeconfig = await cluster.kubeconfigFor({ serviceAccount: 'nobody', namespace: 'kyma-system' });
    expect((await cluster.request('POST', applications, application('stays'))).status).toBe(201);
    await cluster.restartApiServer();
    expect((await cluster.request('GET', `${applications}/stays`)).status).toBe(200);
    const identity = await cluster.kubectl(['--kubeconfig', kubeconfig, 'auth', 'whoami']);
    expect(identity.stdout).toContain('system:serviceaccount:kyma-system:nobody');
  });
});

test('A cluster whose test run is killed leaves neither processes nor files', async () => {
  const script = `
    import { startCluster } from ${JSON.stringify(path.join(import.meta.dirname, 'start-cluster.ts'))};
    const cluster = await startCluster({ crds: 'none' });
    process.stdout.write(cluster.caFile + ' ' + cluster.url);
    setInterval(() => undefined, 1000);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: path.join(import.meta.dirname, '../../..'),
  });
  const line = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`The starter ended with ${code}.`)));
    child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString()));
  });
  const [caFile = '', url = ''] = line.split(' ');
  expect(existsSync(caFile)).toBe(true);
  child.removeAllListeners('exit');
  child.kill('SIGKILL');
  await vi.waitUntil(() => !existsSync(path.dirname(caFile)), patience);
  await expect(fetch(`${url}/readyz`)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
});
