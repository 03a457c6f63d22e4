import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import type { CommandResult } from '../../servers/cluster/create-kubectl.ts';
import { type Cluster, startCluster } from '../../servers/cluster/start-cluster.ts';

const root = path.join(import.meta.dirname, '../../..');
const manifests = path.join(root, 'manifests');
const agentUser = { serviceAccount: 'compass-runtime-agent', namespace: 'kyma-system' };

const deploymentSchema = z.object({
  spec: z.object({
    template: z.object({ metadata: z.looseObject({}), spec: z.looseObject({}) }),
  }),
});

let cluster: Cluster;
let dryRun: CommandResult;
let leftByDryRun: CommandResult;

beforeAll(async () => {
  cluster = await startCluster({ crds: 'none' });
  // The agent's namespace as a strict administrator keeps it; warnings would appear in stderr.
  const labels = ['enforce', 'warn'].map((mode) => `pod-security.kubernetes.io/${mode}=restricted`);
  await succeed(['label', 'namespace', 'kyma-system', ...labels]);
  dryRun = await cluster.kubectl(['apply', '-k', manifests, '--dry-run=server']);
  leftByDryRun = await cluster.kubectl(['get', 'crd,deployment,serviceaccount', '-n', 'kyma-system', '-o', 'name']);
  await succeed(['apply', '-k', path.join(manifests, 'crds')]);
  await succeed(['apply', '-k', manifests]);
  const crds = [
    'crd/compassconnections.compass.kyma-project.io',
    'crd/applications.applicationconnector.kyma-project.io',
  ];
  await succeed(['wait', '--for=condition=Established', '--timeout=30s', ...crds]);
});

afterAll(async () => {
  await cluster.stop();
});

async function succeed(args: string[], input?: string): Promise<string> {
  const result = await cluster.kubectl(args, input);
  if (result.code !== 0) {
    throw new Error(`kubectl ${args.join(' ')} ended with ${result.code}: ${result.stderr}`);
  }
  return result.stdout;
}

describe('kubectl apply -k manifests/', () => {
  test('is accepted by the server in a dry run without a warning, and creates nothing then', () => {
    expect({ code: dryRun.code, stderr: dryRun.stderr }).toEqual({ code: 0, stderr: '' });
    expect(dryRun.stdout).toContain('deployment.apps/compass-runtime-agent created (server dry run)');
    expect(leftByDryRun.stdout).toBe('');
  });

  test('changes nothing the second time', async () => {
    const lines = (await succeed(['apply', '-k', manifests])).trim().split('\n');
    expect(lines.length).toBeGreaterThan(10);
    expect(lines.filter((line) => !line.endsWith(' unchanged'))).toEqual([]);
  });

  test('makes a pod that the restricted level of pod security admits', async () => {
    const deployment = await readFile(path.join(manifests, 'deployment.yaml'), 'utf8');
    const { template } = deploymentSchema.parse(parse(deployment)).spec;
    const pod = (spec: object): string =>
      JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'agent', namespace: 'kyma-system' }, spec });
    const create = ['create', '--dry-run=server', '-f', '-'];
    expect(await cluster.kubectl(create, pod(template.spec))).toMatchObject({ code: 0, stderr: '' });
    const refused = await cluster.kubectl(create, pod({ ...template.spec, securityContext: {} }));
    expect(refused.stderr).toContain('violates PodSecurity "restricted');
  });

  test('has the page of the Kyma dashboard as a ConfigMap of its own, where the dashboard looks for it', async () => {
    const applied = await succeed(['apply', '--dry-run=server', '-o', 'yaml', '-k', path.join(manifests, 'dashboard')]);
    expect(parse(applied)).toMatchObject({
      kind: 'ConfigMap',
      metadata: {
        name: 'compassconnections.compass.kyma-project.io',
        namespace: 'kube-public',
        labels: { 'busola.io/extension': 'resource' },
      },
    });
  });

  test('accepts every sample', async () => {
    for (const sample of ['compass-agent-configuration', 'compassconnection-suspended', 'application-manual']) {
      await succeed(['apply', '--dry-run=server', '-f', path.join(manifests, 'samples', `${sample}.yaml`)]);
    }
    const folder = await mkdtemp(path.join(tmpdir(), 'ucl-agent-overlay-'));
    try {
      await cp(manifests, path.join(folder, 'manifests'), { recursive: true });
      const overlay = path.join(folder, 'own', 'kustomization.yaml');
      await cp(path.join(manifests, 'samples', 'overlay-kustomization.yaml'), overlay);
      const applied = await succeed(['apply', '--dry-run=server', '-o', 'yaml', '-k', path.dirname(overlay)]);
      expect(applied).toContain('image: registry.example.com/ucl-agent:0.1.0');
      expect(applied).toContain('value: https://console.kyma.example.com');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('kubectl delete -k manifests/', () => {
  const samples = ['application-manual', 'compassconnection-suspended'].map((name) =>
    path.join(manifests, 'samples', `${name}.yaml`),
  );
  const kept = ['applications', 'compassconnections', 'crds'];

  async function readUids(): Promise<string> {
    const uids = ['-o', 'jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.uid}{"\\n"}{end}'];
    return succeed(['get', kept.join(','), ...uids]);
  }

  test('removes the agent, and leaves the CRDs with every Application and the CompassConnection', async () => {
    for (const sample of samples) await succeed(['create', '-f', sample]);
    const before = await readUids();
    expect(before.match(/^(Application|CompassConnection)\/.*$/gm)).toHaveLength(2);

    await succeed(['delete', '-k', manifests]);
    expect(await readUids()).toBe(before);
    const installed = ['deployments', 'clusterroles', 'roles', 'networkpolicies', 'validatingadmissionpolicies'];
    const left = await succeed(['get', installed.join(','), '-A', '-o', 'name']);
    expect(left.split('\n').filter((name) => /compass|ucl-agent/.test(name))).toEqual([]);

    await succeed(['apply', '-k', manifests]);
    expect(await readUids()).toBe(before);
  });
});

describe('The rights of the agent', () => {
  const needed: string[][] = [
    ['create', 'compassconnections.compass.kyma-project.io'],
    ['update', 'compassconnections.compass.kyma-project.io/compass-connection'],
    ['update', 'compassconnections.compass.kyma-project.io/compass-connection', '--subresource=status'],
    ['watch', 'compassconnections.compass.kyma-project.io/compass-connection'],
    ['watch', 'applications.applicationconnector.kyma-project.io'],
    ['delete', 'applications.applicationconnector.kyma-project.io'],
    ['watch', 'secrets', '-n', 'kyma-system'],
    ['create', 'secrets', '-n', 'kyma-system'],
    ['create', 'secrets', '-n', 'istio-system'],
    ['update', 'secret/kyma-gateway-certs-cacert', '-n', 'istio-system'],
    ['create', 'events', '-n', 'default'],
    ['update', 'events', '-n', 'default'],
  ];
  const refused: string[][] = [
    ['list', 'secrets', '--all-namespaces'],
    ['list', 'secrets', '-n', 'istio-system'],
    ['get', 'secret/kyma-gateway-certs', '-n', 'istio-system'],
    ['delete', 'secret/kyma-gateway-certs-cacert', '-n', 'istio-system'],
    ['get', 'secrets', '-n', 'default'],
    ['list', 'compassconnections.compass.kyma-project.io'],
    ['delete', 'compassconnections.compass.kyma-project.io/compass-connection'],
    ['update', 'compassconnections.compass.kyma-project.io/another'],
    ['get', 'configmaps', '-n', 'kyma-system'],
    ['get', 'pods', '-n', 'kyma-system'],
    ['get', 'nodes'],
    ['patch', 'secrets', '-n', 'kyma-system'],
    ['deletecollection', 'secrets', '-n', 'kyma-system'],
    ['create', 'events', '-n', 'kyma-system'],
    ['update', 'customresourcedefinitions'],
    ['create', 'serviceaccounts', '-n', 'kyma-system', '--subresource=token'],
    ['*', '*'],
  ];

  test.each([
    ...needed.map((question) => ({ verdict: 'yes', question, title: question.join(' ') })),
    ...refused.map((question) => ({ verdict: 'no', question, title: question.join(' ') })),
  ])('answer "$title" with $verdict', async ({ verdict, question }) => {
    const kubeconfig = await cluster.kubeconfigFor(agentUser);
    const answer = await cluster.kubectl(['--kubeconfig', kubeconfig, 'auth', 'can-i', ...question]);
    expect(answer.stdout.trim()).toBe(verdict);
  });

  test('allow a list of the CompassConnection by its name alone', async () => {
    const kubeconfig = await cluster.kubeconfigFor(agentUser);
    const list = ['--kubeconfig', kubeconfig, 'get', 'compassconnections'];
    const byName = await cluster.kubectl([...list, '--field-selector=metadata.name=compass-connection']);
    expect(byName.code).toBe(0);
    expect((await cluster.kubectl(list)).stderr).toContain('Forbidden');
  });
});
