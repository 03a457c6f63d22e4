import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { buildAgent } from '../../programs/agent/build-agent.ts';
import { type AgentProcess, startAgentProcess } from '../../programs/agent/start-agent-process.ts';
import {
  type ClusterClient,
  connectionPath,
  createClusterClient,
  type StoredConnection,
} from '../../servers/cluster/create-cluster-client.ts';
import { type Cluster, startCluster } from '../../servers/cluster/start-cluster.ts';
import { startUcl, type Ucl } from '../../servers/ucl/start-ucl.ts';
import { conditionOf, toSystem } from '../e2e/start-stage.ts';

/** The agent as a process with the rights that RBAC gives its ServiceAccount. */

const root = path.join(import.meta.dirname, '../../..');
const rbac = path.join(root, 'manifests/rbac');
const shippedRights = path.join(root, 'test/data/fixtures/module-manager/rbac.yaml');
const agentUser = { serviceAccount: 'compass-runtime-agent', namespace: 'kyma-system' };
const formation = 'reduced-rights';
const roleSchema = z.object({
  rules: z.array(z.looseObject({ resources: z.array(z.string()), verbs: z.array(z.string()) })),
});
/** The first retry of a refused watch comes after ten seconds or so, the next after twenty. */
const healing = { timeout: 60_000, interval: 500 };

let cluster: Cluster;
let kube: ClusterClient;
let ucl: Ucl;
let program: string;
let agent: AgentProcess | undefined;

beforeAll(async () => {
  [cluster, ucl, program] = await Promise.all([startCluster({ crds: 'ours' }), startUcl(), buildAgent()]);
  kube = await createClusterClient(cluster.kubeconfigFile);
});

afterEach(async () => {
  await agent?.kill();
  ucl.landscape.clear();
  ucl.requests.clear();
  await kube.clean();
  await kubectl('delete', '--ignore-not-found', '-k', rbac);
  await kubectl('delete', '--ignore-not-found', '-f', shippedRights);
});

afterAll(async () => {
  kube.close();
  await Promise.all([ucl.stop(), cluster.stop()]);
});

async function kubectl(...args: string[]): Promise<void> {
  expect(await cluster.kubectl(args)).toMatchObject({ code: 0 });
}

/** A runtime with one system, and an agent that runs as its ServiceAccount. */
async function start(): Promise<{ systemId: string; output: () => string }> {
  const { landscape } = ucl;
  landscape.createFormation(formation);
  const { id: runtimeId } = landscape.registerRuntime();
  landscape.assign(runtimeId, 'RUNTIME', formation);
  const { id: systemId } = landscape.registerApplication(toSystem('Alpha'));
  landscape.assign(systemId, 'APPLICATION', formation);
  await kube.writeSecret('compass-agent-configuration', {
    CONNECTOR_URL: ucl.connectorUrl,
    RUNTIME_ID: runtimeId,
    TENANT: landscape.tenantId,
    TOKEN: landscape.requestOneTimeToken(runtimeId).token,
  });
  const started = startAgentProcess(program, {
    APP_LOG_FORMAT: 'json',
    APP_HEALTH_PORT: '0',
    APP_CERT_KEY_SIZE: '2048',
    APP_SYNC_SCHEDULE: '0 0 1 1 *',
    APP_FOLLOW_UP_DELAYS: 'none',
    APP_MINIMAL_COMPASS_SYNC_TIME: '200ms',
    KUBECONFIG: await cluster.kubeconfigFor(agentUser),
    NODE_EXTRA_CA_CERTS: ucl.caFile,
  });
  agent = started;
  return { systemId, output: started.output };
}

async function sync(): Promise<StoredConnection> {
  const token = randomUUID();
  await kube.patch(`${connectionPath}/compass-connection`, {
    metadata: { annotations: { 'compass.kyma-project.io/sync-requested-at': token } },
  });
  return waitForConnection((found) => found.status?.lastHandledSyncRequest === token);
}

function waitForConnection(isSo: (found: StoredConnection) => boolean): Promise<StoredConnection> {
  return vi.waitFor(async () => {
    const found = await kube.connection();
    if (found === undefined || !isSo(found))
      throw new Error(`Not so: ${JSON.stringify(found?.status)}\n${agent?.output()}`);
    return found;
  }, healing);
}

async function waitForAlpha(description: string): Promise<void> {
  await expect.poll(async () => (await kube.application('mp-alpha'))?.spec.description, healing).toBe(description);
}

/** What is told of the connection. Its reason is not waited for: whoever asks again and again is told that first. */
function messageOf(found: StoredConnection): string {
  return found.status?.conditions.find(({ type }) => type === 'Connected')?.message ?? '';
}

describe('The agent with the rights of the module, on its own CRDs', () => {
  test('pairs and synchronises, names in its log what it lacks, and reports once its own roles are there', async () => {
    await kubectl('apply', '-f', shippedRights);
    const { output } = await start();
    await waitForAlpha('Description not provided');
    const lacking = [
      'watch applications.applicationconnector.kyma-project.io',
      'list secrets',
      'update compassconnections.compass.kyma-project.io/status',
    ];
    for (const right of lacking) await expect.poll(output, healing).toContain(`may not ${right}`);
    expect((await kube.connection())?.status).toBeUndefined();

    await kubectl('apply', '-k', rbac);
    await waitForConnection((found) => conditionOf(found, 'Synchronized') === 'True/Synchronized');
    await vi.waitFor(async () => expect(messageOf(await sync())).not.toContain('may not'), healing);
  });
});

describe('The agent with all its rights but one', () => {
  test('names the missing watch over Applications, follows UCL all the same, and heals', async () => {
    await kubectl('apply', '-k', rbac);
    await changeRule('clusterroles/ucl-agent', 'applications', (verbs) => verbs.filter((verb) => verb !== 'watch'));
    const { systemId } = await start();
    const reduced = await waitForConnection((found) => conditionOf(found, 'Synchronized') === 'True/Synchronized');
    expect(conditionOf(reduced, 'Connected')).toBe('True/PermissionMissing');
    expect(messageOf(reduced)).toContain('may not watch applications.applicationconnector.kyma-project.io');
    ucl.landscape.updateApplication(systemId, { description: 'changed' });
    await sync();
    await waitForAlpha('changed');
    await kubectl('apply', '-k', rbac);
    await vi.waitFor(async () => expect(messageOf(await sync())).not.toContain('may not'), healing);
  });

  test('pairs and synchronises without the watch over Secrets, which it may list, names it, and heals', async () => {
    await kubectl('apply', '-k', rbac);
    await changeRule('namespaces/kyma-system/roles/ucl-agent', 'secrets', (verbs) =>
      verbs.filter((verb) => verb !== 'watch'),
    );
    await start();
    const reduced = await waitForConnection((found) => conditionOf(found, 'Synchronized') === 'True/Synchronized');
    expect(conditionOf(reduced, 'Connected')).toBe('True/PermissionMissing');
    expect(messageOf(reduced)).toContain(
      'may not watch secrets in namespace kyma-system, so Secrets that others change',
    );
    await sync();
    await kubectl('apply', '-k', rbac);
    await vi.waitFor(async () => expect(messageOf(await sync())).not.toContain('may not'), healing);
  });

  test('pairs without the Role in istio-system, names the Secret, and writes it once it may', async () => {
    await kubectl('apply', '-k', rbac);
    await kubectl('delete', '-n', 'istio-system', 'rolebinding/ucl-agent');
    await start();
    const reduced = await waitForConnection((found) => conditionOf(found, 'Synchronized') === 'True/Synchronized');
    expect(conditionOf(reduced, 'Connected')).toBe('True/PermissionMissing');
    expect(messageOf(reduced)).toContain('may not get secrets "kyma-gateway-certs-cacert" in namespace istio-system');
    await waitForAlpha('Description not provided');
    await kubectl('apply', '-k', rbac);
    await vi.waitFor(async () => expect(messageOf(await sync())).not.toContain('may not'), healing);
    expect((await kube.secret('kyma-gateway-certs-cacert', 'istio-system'))?.data.cacert).toContain(
      'BEGIN CERTIFICATE',
    );
  });

  test.each(['create', 'update'])(
    'spends no token while it may not %s Secrets, says so, and pairs once it may',
    async (missing) => {
      await kubectl('apply', '-k', rbac);
      await changeRule('namespaces/kyma-system/roles/ucl-agent', 'secrets', (verbs) =>
        verbs.filter((verb) => verb !== missing),
      );
      await start();
      const refused = await waitForConnection((found) => conditionOf(found, 'Connected') === 'False/PermissionMissing');
      expect(messageOf(refused)).toContain(`may not ${missing} secrets`);
      expect(ucl.requests.all({ endpoint: 'connector-token' })).toEqual([]);
      await kubectl('apply', '-k', rbac);
      await waitForConnection((found) => conditionOf(found, 'Synchronized') === 'True/Synchronized');
    },
  );

  test('names the Application that it may not change, and the others go on', async () => {
    await kubectl('apply', '-k', rbac);
    await changeRule('clusterroles/ucl-agent', 'applications', (verbs) => verbs.filter((verb) => verb !== 'update'));
    const { systemId } = await start();
    await waitForAlpha('Description not provided');
    ucl.landscape.updateApplication(systemId, { description: 'changed' });
    const { id } = ucl.landscape.registerApplication(toSystem('Beta'));
    ucl.landscape.assign(id, 'APPLICATION', formation);
    const reduced = await sync();
    expect(conditionOf(reduced, 'Synchronized')).toBe('False/ApplicationsFailed');
    expect(reduced.status?.failures).toMatchObject([{ applicationId: systemId, reason: 'PermissionMissing' }]);
    expect(await kube.application('mp-beta')).toBeDefined();
    await kubectl('apply', '-k', rbac);
    await sync();
    await waitForAlpha('changed');
  });
});

/** Takes verbs away from the rule for one kind of resource. */
async function changeRule(role: string, resource: string, change: (verbs: string[]) => string[]): Promise<void> {
  const url = `/apis/rbac.authorization.k8s.io/v1/${role}`;
  const { rules } = roleSchema.parse((await cluster.request('GET', url)).body);
  const changed = rules.map((rule) =>
    rule.resources.includes(resource) ? { ...rule, verbs: change(rule.verbs) } : rule,
  );
  const answer = await cluster.request('PATCH', url, { rules: changed }, 'application/merge-patch+json');
  expect(answer.status).toBe(200);
}
