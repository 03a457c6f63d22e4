import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Check } from '../../../agent/cli/check.ts';
import { createKubeTransport } from '../../../agent/kube/api/create-kube-transport.ts';
import { tryWrites } from '../../../agent/kube/try-writes.ts';
import { systemTime } from '../../../agent/time/system-time.ts';
import { anApplication } from '../../data/builders/kubernetes-objects.ts';
import { type Cluster, startCluster } from '../../servers/cluster/start-cluster.ts';
import { runAsPerson } from './run-as-person.ts';

/** What `doctor`, `logs` and `diff` ask of a real API server: kinds and reviews that the embedded one does not have. */

const namespace = 'kyma-system';
const rbac = path.join(import.meta.dirname, '../../../manifests/rbac');

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ crds: 'ours' });
  await cluster.kubeconfigFor({ serviceAccount: 'compass-runtime-agent', namespace });
  expect(await cluster.kubectl(['apply', '-k', rbac])).toMatchObject({ code: 0 });
  // No kubelet is there to run it: the API server keeps it, and refuses what only a kubelet could do.
  await cluster.request('POST', `/api/v1/namespaces/${namespace}/pods`, {
    ...{ apiVersion: 'v1', kind: 'Pod' },
    metadata: { name: 'agent-1', labels: { app: 'compass-runtime-agent' } },
    spec: {
      serviceAccountName: 'compass-runtime-agent',
      containers: [{ name: 'compass-runtime-agent', image: 'ucl-agent:none' }],
    },
  });
  await cluster.request('POST', `/api/v1/namespaces/${namespace}/secrets`, {
    ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'compass-agent-configuration' } },
    stringData: { CONNECTOR_URL: 'https://connector', RUNTIME_ID: 'r', TENANT: 't', TOKEN: 'hunter2-token' },
  });
});
afterAll(() => cluster?.stop());

const cli = (kubeconfigFile: string, ...args: string[]) => runAsPerson([...args, '--kubeconfig', kubeconfigFile]);

async function examine(kubeconfigFile: string): Promise<Map<string, Check>> {
  const { stdout } = await cli(kubeconfigFile, 'doctor', '-o', 'json');
  expect(stdout).not.toContain('hunter2');
  const { checks }: { checks: Check[] } = JSON.parse(stdout);
  return new Map(checks.map((check) => [check.name, check]));
}

describe('an administrator', () => {
  test('reads what doctor finds, with the rights of the agent as the API server reviews them', async () => {
    const found = await examine(cluster.kubeconfigFile);
    const verdicts = Object.fromEntries([...found].map(([name, { verdict }]) => [name, verdict]));
    expect(verdicts).toEqual({
      ...{ 'CRD compassconnections': 'ok', 'CRD applications': 'ok', Configuration: 'ok', Clock: 'ok' },
      ...{ Pod: 'failed', 'Rights of the agent': 'ok', Gateway: 'warning', Connection: 'failed' },
      ...{ UCL: 'unknown', Connector: 'unknown', Director: 'unknown' },
    });
    expect(found.get('Pod')?.message).toBe('agent-1 is Pending and not ready.');
    expect(found.get('UCL')?.message).not.toContain('Your user may not');
  });

  test('reads which right the agent lacks once it was taken away', async () => {
    const role = '/apis/rbac.authorization.k8s.io/v1/namespaces/kyma-system/rolebindings/ucl-agent';
    await cluster.request('DELETE', role);
    try {
      expect((await examine(cluster.kubeconfigFile)).get('Rights of the agent')).toMatchObject({
        verdict: 'failed',
        message: expect.stringContaining('kyma-system/compass-runtime-agent may not list secrets in kyma-system'),
      });
    } finally {
      expect(await cluster.kubectl(['apply', '-k', rbac])).toMatchObject({ code: 0 });
    }
  });

  test('reads whether something behind the gateway is ready', async () => {
    const metadata = { name: 'central-application-gateway', namespace };
    const ports = [{ port: 8082 }];
    const service = { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports } };
    await cluster.request('POST', `/api/v1/namespaces/${namespace}/services`, service);
    expect((await examine(cluster.kubeconfigFile)).get('Gateway')).toMatchObject({ verdict: 'failed' });
    await cluster.request('POST', `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`, {
      ...{ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4', ports },
      metadata: { ...metadata, labels: { 'kubernetes.io/service-name': metadata.name } },
      endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready: true } }],
    });
    expect((await examine(cluster.kubeconfigFile)).get('Gateway')).toMatchObject({ verdict: 'ok' });
  });

  test.each(['logs', 'diff'])('reads of %s why the API server has none of a pod that does not run', async (command) => {
    const { exitCode, stdout, stderr } = await cli(cluster.kubeconfigFile, command);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).not.toMatch(/Your user may not|defect/);
  });
});

describe('the agent itself', () => {
  const { signal } = new AbortController();
  const trial = {
    application: anApplication('ucl-agent-trial'),
    secrets: [
      { apiVersion: 'v1', kind: 'Secret', type: 'Opaque', metadata: { name: 'ucl-agent-trial', namespace } } as const,
    ],
  };
  const admission = '/apis/admissionregistration.k8s.io/v1';

  async function tryAsAgent(): Promise<void> {
    const kubeconfigFile = await cluster.kubeconfigFor({ serviceAccount: 'compass-runtime-agent', namespace });
    const exchange = createKubeTransport(kubeconfigFile, systemTime);
    try {
      await tryWrites({ exchange, time: systemTime }, trial, signal);
    } finally {
      exchange.close();
    }
  }

  test('tries its writes with its own rights, and nothing of them stays', async () => {
    await tryAsAgent();
    const left = await cluster.kubectl(['get', 'applications,secrets', '-A', '-o', 'name']);
    expect(left).toMatchObject({ code: 0, stdout: expect.not.stringContaining('trial') });
  });

  test('hears which policy keeps it from writing', async () => {
    const [apiVersion, metadata] = ['admissionregistration.k8s.io/v1', { name: 'no-apps' }];
    const [apiGroups, apiVersions] = [['applicationconnector.kyma-project.io'], ['*']];
    const resourceRules = [{ apiGroups, apiVersions, operations: ['CREATE'], resources: ['applications'] }];
    const validations = [{ expression: 'false', message: 'no systems in this cluster' }];
    await cluster.request('POST', `${admission}/validatingadmissionpolicies`, {
      ...{ apiVersion, kind: 'ValidatingAdmissionPolicy', metadata },
      spec: { matchConstraints: { resourceRules }, validations },
    });
    await cluster.request('POST', `${admission}/validatingadmissionpolicybindings`, {
      ...{ apiVersion, kind: 'ValidatingAdmissionPolicyBinding', metadata },
      spec: { policyName: metadata.name, validationActions: ['Deny'] },
    });
    // The API server takes a policy up a little later.
    await expect.poll(() => tryAsAgent().catch(String), { timeout: 20_000 }).toContain('no systems in this cluster');
    expect(await tryAsAgent().catch(String)).toContain('no-apps');
    await cluster.request('DELETE', `${admission}/validatingadmissionpolicybindings/no-apps`);
  });
});

describe('a person without rights', () => {
  let kubeconfigFile: string;
  beforeAll(async () => {
    kubeconfigFile = await cluster.kubeconfigFor({ serviceAccount: 'nobody', namespace });
  });

  test('reads from doctor which rights of theirs lack, and never that the agent lacks them', async () => {
    const found = await examine(kubeconfigFile);
    const named = [...found.values()].filter(({ message }) => /^Your user may not /.test(message));
    expect(named.map(({ name, verdict }) => [name, verdict])).toEqual(
      ['Configuration', 'Pod', 'Rights of the agent', 'Gateway', 'Connection', 'UCL', 'Addresses'].map((name) => [
        name,
        'unknown',
      ]),
    );
    expect(
      [...found.values()].filter(({ message }) => /agent (?:may not|lacks)|manifests\/rbac/.test(message)),
    ).toEqual([]);
  });

  test.each(['logs', 'diff'])(
    'reads from %s that they may not list pods, and how to ask whether they may',
    async (command) => {
      const { exitCode, stdout, stderr } = await cli(kubeconfigFile, command);
      expect([exitCode, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(
        /^Your user may not list pods in namespace kyma-system\. .* auth can-i list pods --namespace kyma-system\n$/,
      );
    },
  );

  test('who may list pods and nothing else reads which right to them lacks', async () => {
    const metadata = { name: 'lists-pods' };
    const group = '/apis/rbac.authorization.k8s.io/v1';
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', ...metadata };
    const subjects = [{ kind: 'ServiceAccount', name: 'nobody', namespace }];
    const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }];
    const apiVersion = 'rbac.authorization.k8s.io/v1';
    await cluster.request('POST', `${group}/clusterroles`, { apiVersion, kind: 'ClusterRole', metadata, rules });
    const binding = { apiVersion, kind: 'ClusterRoleBinding', metadata, roleRef, subjects };
    await cluster.request('POST', `${group}/clusterrolebindings`, binding);
    const log = await cli(kubeconfigFile, 'logs');
    expect(log.stderr).toMatch(/^Your user may not get pods\/log "agent-1" in namespace kyma-system\. /m);
    const diff = await cli(kubeconfigFile, 'diff');
    expect(diff).toMatchObject({ exitCode: 2, stdout: '' });
    expect(diff.stderr).toMatch(
      /^Your user may not create pods\/exec "agent-1" in namespace kyma-system\. .*auth can-i create pods --subresource=exec --namespace kyma-system\n$/,
    );
  });
});
