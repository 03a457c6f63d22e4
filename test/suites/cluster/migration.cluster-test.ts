import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { type Cluster, startCluster } from '../../servers/cluster/start-cluster.ts';

/** The commands of docs/migration.md that change what is installed, over what the module's manager had applied. */

const root = path.join(import.meta.dirname, '../../..');
const fixtures = path.join(root, 'test/data/fixtures');
const shippedCrd = path.join(fixtures, 'shipped-crds/compassconnections.compass.kyma-project.io.yaml');
const manifests = [
  path.join(fixtures, 'shipped-crds/applications.applicationconnector.kyma-project.io.yaml'),
  shippedCrd,
  path.join(fixtures, 'module-manager/rbac.yaml'),
  path.join(fixtures, 'module-manager/deployment.yaml'),
];
const deploymentUrl = '/apis/apps/v1/namespaces/kyma-system/deployments/compass-runtime-agent';
const connectionUrl = '/apis/compass.kyma-project.io/v1alpha1/compassconnections';
const deployment = z.object({
  metadata: z.object({ uid: z.string() }),
  spec: z.object({
    replicas: z.number(),
    strategy: z.object({ type: z.string() }),
    template: z.object({
      spec: z.object({
        containers: z.array(
          z.object({
            args: z.array(z.string()),
            env: z.array(z.object({ name: z.string(), value: z.string().default('') })),
          }),
        ),
      }),
    }),
  }),
});
const recorded = z.object({
  items: z.array(z.looseObject({ kind: z.string() })),
});

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster({ crds: 'none' });
  const manager = ['--server-side', '--force-conflicts', '--field-manager=application-connector-manager'];
  for (const file of manifests) await kubectl('apply', ...manager, '-f', file);
  const file = path.join(root, 'test/data/recordings/go-agent/objects.json');
  const { items } = recorded.parse(JSON.parse(await readFile(file, 'utf8')));
  const connection = {
    ...items.find(({ kind }) => kind === 'CompassConnection'),
    metadata: { name: 'compass-connection' },
  };
  await vi.waitFor(async () => expect((await cluster.request('POST', connectionUrl, connection)).status).toBe(201), {
    timeout: 20_000,
  });
});

afterAll(async () => {
  await cluster.stop();
});

async function kubectl(...args: string[]): Promise<void> {
  expect(await cluster.kubectl(args)).toMatchObject({ code: 0 });
}

async function readDeployment() {
  return deployment.parse((await cluster.request('GET', deploymentUrl)).body);
}

async function readStatus(): Promise<unknown> {
  const { body } = await cluster.request('GET', `${connectionUrl}/compass-connection`);
  return z.object({ status: z.unknown() }).parse(body).status;
}

describe('The steps of docs/migration.md', () => {
  test('put manifests/ over an installation of the module: the same Deployment, and the CompassConnection stays valid', async () => {
    const before = await readDeployment();
    const status = await readStatus();
    await kubectl('scale', 'deployment', 'compass-runtime-agent', '-n', 'kyma-system', '--replicas=0');
    const serverSide = ['--server-side', '--force-conflicts', '--dry-run=server'];
    await kubectl('apply', '-k', path.join(root, 'manifests/crds'));
    await kubectl('apply', '-k', path.join(root, 'manifests'), ...serverSide);
    await kubectl('apply', '-k', path.join(root, 'manifests'), '--dry-run=server');
    await kubectl('apply', '-k', path.join(root, 'manifests'));
    const after = await readDeployment();
    expect(after.metadata.uid).toBe(before.metadata.uid);
    expect(after.spec).toMatchObject({ replicas: 1, strategy: { type: 'RollingUpdate' } });
    const [container] = after.spec.template.spec.containers;
    expect(container?.args).toEqual(['node', '/app/ucl-agent.js', 'run']);
    expect(container?.env).toContainEqual({
      name: 'APP_RUNTIME_EVENTS_URL',
      value: 'https://gateway.kyma.example.com',
    });
    expect(await readStatus()).toEqual(status);
  });

  test('restore the shipped CRD, without status subresource, before the Go agent comes back', async () => {
    const status = await readStatus();
    await kubectl('scale', 'deployment', 'compass-runtime-agent', '-n', 'kyma-system', '--replicas=0');
    await kubectl('replace', '-f', shippedCrd);
    expect(await readStatus()).toEqual(status);
    const subresource = `${connectionUrl}/compass-connection/status`;
    await expect.poll(async () => (await cluster.request('GET', subresource)).status, { timeout: 30_000 }).toBe(404);
    await kubectl('delete', '-k', path.join(root, 'manifests/rbac'), '--ignore-not-found');
    const policies = ['networkpolicy', '-l', 'app.kubernetes.io/name=compass-runtime-agent', '-n', 'kyma-system'];
    await kubectl('delete', ...policies);
    const { stdout } = await cluster.kubectl(['get', 'networkpolicy', '-A', '-o', 'name']);
    expect(stdout.trim()).toBe('');
    const force = ['--server-side', '--force-conflicts', '--field-manager=application-connector-manager'];
    for (const file of manifests) await kubectl('apply', ...force, '-f', file);
    const [container] = (await readDeployment()).spec.template.spec.containers;
    expect(container?.args).toEqual(['/app/compass-runtime-agent']);
  });
});
