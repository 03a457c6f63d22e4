import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { type Cluster, startCluster } from '../../servers/cluster/start-cluster.ts';

const root = path.join(import.meta.dirname, '../../..');
const fixtures = path.join(root, 'test/data/fixtures');
const deploymentUrl = '/apis/apps/v1/namespaces/kyma-system/deployments/compass-runtime-agent';
const roles = '/apis/rbac.authorization.k8s.io/v1';
const connectionCrd =
  '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/compassconnections.compass.kyma-project.io';

const deploymentSchema = z.object({
  spec: z.looseObject({
    replicas: z.number(),
    strategy: z.looseObject({ type: z.string() }),
    template: z.object({
      spec: z.looseObject({
        serviceAccountName: z.string(),
        containers: z.array(
          z.looseObject({
            name: z.string(),
            image: z.string(),
            args: z.array(z.string()),
            env: z.array(z.object({ name: z.string(), value: z.string().optional() })),
            readinessProbe: z.looseObject({ httpGet: z.object({ path: z.string() }) }),
          }),
        ),
      }),
    }),
  }),
});
const rules = z.object({ rules: z.array(z.unknown()) });
const crdSchema = z.object({
  spec: z.object({ versions: z.array(z.looseObject({ subresources: z.unknown().optional() })) }),
});

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster({ crds: 'none' });
});

afterAll(async () => {
  await cluster.stop();
});

const applied = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
  spec: z.looseObject({}).optional(),
});

/**
 * What the manager of the module does on every change and every two minutes: a server-side apply of each object, with
 * force. Not by kubectl, which takes over what an earlier `kubectl apply` owned, and the manager does not.
 */
async function applyAsManager(replicas: 0 | 1): Promise<void> {
  const files = [
    'shipped-crds/applications.applicationconnector.kyma-project.io.yaml',
    'shipped-crds/compassconnections.compass.kyma-project.io.yaml',
    'module-manager/rbac.yaml',
    'module-manager/deployment.yaml',
  ];
  for (const file of files) {
    for (const document of parseAllDocuments(await readFile(path.join(fixtures, file), 'utf8'))) {
      const object = applied.parse(document.toJS());
      const scaled = object.kind === 'Deployment' ? { ...object, spec: { ...object.spec, replicas } } : object;
      const url = `${urlOf(object)}?fieldManager=application-connector-manager&force=true`;
      const answer = await cluster.request('PATCH', url, scaled, 'application/apply-patch+yaml');
      expect({ url, status: answer.status }).toEqual({ url, status: expect.toBeOneOf([200, 201]) });
    }
  }
}

function urlOf({ apiVersion, kind, metadata }: z.infer<typeof applied>): string {
  const version = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const namespace = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
  const plural = kind.endsWith('s') ? `${kind}es` : `${kind}s`;
  return `${version}${namespace}/${plural.toLowerCase()}/${metadata.name}`;
}

async function succeed(args: string[], input?: string): Promise<void> {
  expect(await cluster.kubectl(args, input)).toMatchObject({ code: 0 });
}

async function readDeployment(): Promise<z.infer<typeof deploymentSchema>['spec']> {
  return deploymentSchema.parse((await cluster.request('GET', deploymentUrl)).body).spec;
}

async function readRules(url: string): Promise<unknown[]> {
  return rules.parse((await cluster.request('GET', `${roles}/${url}`)).body).rules;
}

async function canI(...question: string[]): Promise<string> {
  const kubeconfig = await cluster.kubeconfigFor({ serviceAccount: 'compass-runtime-agent', namespace: 'kyma-system' });
  return (await cluster.kubectl(['--kubeconfig', kubeconfig, 'auth', 'can-i', ...question])).stdout.trim();
}

describe('The manager of the module over an installation of manifests/', () => {
  beforeAll(async () => {
    await succeed(['apply', '-k', path.join(root, 'manifests/crds')]);
    await succeed(['apply', '-k', path.join(root, 'manifests')]);
    await succeed(['set', 'env', '-n', 'kyma-system', 'deployment/compass-runtime-agent', 'APP_APPLY_CONCURRENCY=4']);
    await applyAsManager(1);
  });

  test('puts image, args, its environment and its probes back: the agent has to run from its image and args', async () => {
    const [container, ...others] = (await readDeployment()).template.spec.containers;
    expect(others).toEqual([]);
    expect(container).toMatchObject({
      name: 'compass-runtime-agent',
      image: 'registry.example.com/compass-runtime-agent:1.0.0',
      args: ['/app/compass-runtime-agent'],
      readinessProbe: { httpGet: { path: '/healthz' } },
    });
    expect(container?.env).toContainEqual({ name: 'APP_SKIP_COMPASS_TLS_VERIFY', value: 'true' });
  });

  test('leaves the strategy, the service account and extra environment', async () => {
    const { strategy, template } = await readDeployment();
    expect(strategy).toEqual({ type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } });
    expect(template.spec).toMatchObject({
      serviceAccountName: 'compass-runtime-agent',
      terminationGracePeriodSeconds: 20,
    });
    expect(template.spec.containers[0]?.env).toContainEqual({ name: 'APP_APPLY_CONCURRENCY', value: '4' });
  });

  test('puts the shipped CRD back, without status subresource and columns', async () => {
    const crd = crdSchema.parse((await cluster.request('GET', connectionCrd)).body);
    expect(crd.spec.versions).toHaveLength(1);
    expect(crd.spec.versions[0]).not.toHaveProperty('subresources');
    expect(crd.spec.versions[0]).not.toHaveProperty('additionalPrinterColumns');
  });

  test('leaves the roles of the agent, which add to its own', async () => {
    expect(await readRules('clusterroles/ucl-agent')).toHaveLength(4);
    expect(await readRules('namespaces/kyma-system/roles/ucl-agent')).toHaveLength(4);
    expect(await canI('watch', 'applications.applicationconnector.kyma-project.io')).toBe('yes');
    expect(await canI('watch', 'secrets', '-n', 'kyma-system')).toBe('yes');
    expect(await canI('get', 'nodes')).toBe('yes');
  });

  test('scales the Deployment to 0 without the configuration Secret, and to 1 with it', async () => {
    await applyAsManager(0);
    expect((await readDeployment()).replicas).toBe(0);
    await applyAsManager(1);
    expect(await readDeployment()).toMatchObject({ replicas: 1, strategy: { type: 'RollingUpdate' } });
  });

  test('lets a rule added to its own ClusterRole not survive', async () => {
    const rule = { apiGroups: [''], resources: ['pods'], verbs: ['list'] };
    const patch = [{ op: 'add', path: '/rules/-', value: rule }];
    const url = `${roles}/clusterroles/compass-runtime-agent`;
    expect((await cluster.request('PATCH', url, patch, 'application/json-patch+json')).status).toBe(200);
    expect(await canI('list', 'pods')).toBe('yes');
    await applyAsManager(1);
    expect(await canI('list', 'pods')).toBe('no');
  });
});

describe('An installation by the module alone', () => {
  beforeAll(async () => {
    await cluster.stop();
    cluster = await startCluster({ crds: 'none' });
    await applyAsManager(1);
  });

  test('gives the agent the rights of the Go agent: no watch on Applications, no list of Secrets', async () => {
    expect(await canI('update', 'applications.applicationconnector.kyma-project.io')).toBe('yes');
    expect(await canI('watch', 'applications.applicationconnector.kyma-project.io')).toBe('no');
    expect(await canI('list', 'secrets', '-n', 'kyma-system')).toBe('no');
    expect(await canI('create', 'events', '-n', 'default')).toBe('no');
  });

  test('is completed by manifests/rbac alone, and stays so', async () => {
    await succeed(['apply', '-k', path.join(root, 'manifests/rbac')]);
    await applyAsManager(1);
    expect(await canI('watch', 'applications.applicationconnector.kyma-project.io')).toBe('yes');
    expect(await canI('list', 'secrets', '-n', 'kyma-system')).toBe('yes');
    expect(await canI('create', 'events', '-n', 'default')).toBe('yes');
  });
});
