import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { compassConnectionApiVersion } from '../../../agent/domain/resources.ts';
import { createKubeTransport } from '../../../agent/kube/api/create-kube-transport.ts';
import { createLeaseStore } from '../../../agent/kube/stores/create-lease-store.ts';
import { systemTime } from '../../../agent/time/system-time.ts';
import { compareRights, readGrantedRights } from '../../servers/cluster/compare-rights.ts';
import { type Cluster, startCluster } from '../../servers/cluster/start-cluster.ts';
import { agentUser, keepUsedRights, toAgentEntries } from '../../servers/cluster/used-rights.ts';
import { startFaultProxy } from '../../servers/fault-proxy/start-fault-proxy.ts';
import { configurationSecret, connectionSpec, connectionStatus, doEverything, toApplication } from './do-everything.ts';
import { eventually, type OpenedCluster, openCluster } from './open-cluster.ts';

const root = path.join(import.meta.dirname, '../../..');
const rbac = path.join(root, 'manifests/rbac');
let cluster: Cluster;
let opened: OpenedCluster | undefined;

beforeAll(async () => {
  cluster = await startCluster({ crds: 'ours' });
  expect((await cluster.request('POST', '/api/v1/namespaces/kyma-system/secrets', configurationSecret)).status).toBe(
    201,
  );
});

afterEach(async () => {
  await opened?.close();
});

afterAll(async () => {
  await cluster.stop();
});

/** Somebody else writes the CompassConnection at the same moment, until the agent had to read it again. */
async function provokeConflict({ cluster: agent, signal }: OpenedCluster): Promise<void> {
  const url = `/apis/${compassConnectionApiVersion}/compassconnections/compass-connection`;
  let round = 0;
  await eventually(async () => {
    round += 1;
    const annotations = { 'example.com/round': String(round) };
    await Promise.all([
      cluster.request('PATCH', url, { metadata: { annotations } }, 'application/merge-patch+json'),
      agent.connection.update({ annotations: { 'example.com/ours': String(round) } }, signal),
    ]);
    const asked = toAgentEntries(await cluster.auditLog());
    return asked.some((entry) => entry.resource === 'compassconnections' && entry.code === 409);
  }, 'the agent met a conflict');
}

/** Where no watch works the named objects are read by name. */
async function readWithoutWatches(kubeconfigFile: string): Promise<void> {
  const proxy = await startFaultProxy({ kubeconfigFile });
  const match = ({ verb }: { verb: string }) => verb === 'list' || verb === 'watch';
  proxy.faults.add({ match, times: Number.POSITIVE_INFINITY, effect: { status: 500 } });
  const agent = openCluster(proxy.kubeconfigFile);
  try {
    expect(await agent.cluster.configuration.read(agent.signal)).toMatchObject({ kind: 'present' });
  } finally {
    await agent.close();
    await proxy.stop();
  }
}

/** As the election does: nobody has led yet, this agent leads, and gives the Lease back. */
async function takeLease(kubeconfigFile: string): Promise<void> {
  const { signal } = new AbortController();
  const exchange = createKubeTransport(kubeconfigFile, systemTime);
  const store = createLeaseStore(exchange, systemTime, { namespace: 'kyma-system', name: 'ucl-agent' });
  try {
    expect(await store.read(signal)).toBeUndefined();
    const now = systemTime.now();
    const claim = { holder: 'ucl-agent-1_a', durationMs: 15_000, transitions: 0, acquireTime: now, renewTime: now };
    const lease = await store.create(claim, signal);
    expect(await store.update(lease, { ...claim, holder: '' }, signal)).toMatchObject({ holder: '' });
  } finally {
    exchange.close();
  }
}

describe('With the rights of manifests/rbac', () => {
  test('the agent does all that it ever does, is granted all of it, and nothing besides', async () => {
    expect(await cluster.kubectl(['apply', '-k', rbac])).toMatchObject({ code: 0 });
    const agentFile = await cluster.kubeconfigFor(agentUser);
    const agent = openCluster(agentFile);
    opened = agent;
    await eventually(() => agent.cluster.isReady(), 'the watches follow the cluster');
    await doEverything(agent);
    await provokeConflict(agent);
    await readWithoutWatches(agentFile);
    await takeLease(agentFile);
    expect(agent.cluster.limitations()).toEqual([]);
    await agent.close();
    const granted = await readGrantedRights(rbac);
    const compare = async () => compareRights(granted, toAgentEntries(await cluster.auditLog()));
    await expect.poll(compare, { timeout: 10_000 }).toEqual({ usedButNotGranted: [], grantedButNotUsed: [] });
    const refused = toAgentEntries(await cluster.auditLog()).filter(({ code }) => code === 403);
    expect(refused).toEqual([]);
    await keepUsedRights(cluster);
  });
});

describe('With the rights that the Go agent had', () => {
  test('the agent reads and writes, names each right that it lacks, and heals when it is granted', async () => {
    await cluster.kubectl(['delete', '-k', rbac]);
    const shipped = path.join(root, 'test/data/fixtures/module-manager/rbac.yaml');
    expect(await cluster.kubectl(['apply', '-f', shipped])).toMatchObject({ code: 0 });
    const agent = openCluster(await cluster.kubeconfigFor(agentUser));
    opened = agent;
    await eventually(() => agent.cluster.isReady(), 'the agent knows what it may not do');
    await agent.cluster.applications.createApplication(toApplication('mp-reduced'), agent.signal);
    const { applications } = await agent.cluster.reader.snapshot(agent.signal);
    expect(applications.map((each) => each.metadata.name)).toEqual(['mp-reduced']);
    const limitations = agent.cluster.limitations().join('\n');
    expect(limitations).toMatch(/watch.*applications/);
    expect(limitations).toMatch(/list.*secrets/);
    expect(await cluster.kubectl(['apply', '-k', rbac])).toMatchObject({ code: 0 });
    await eventually(() => agent.cluster.limitations().length === 0, 'the watches follow the cluster');
  });

  test('the agent updates the CompassConnection whose status is no subresource', async () => {
    await cluster.request('DELETE', `/apis/${compassConnectionApiVersion}/compassconnections`);
    const crd = path.join(root, 'test/data/fixtures/shipped-crds/compassconnections.compass.kyma-project.io.yaml');
    expect(await cluster.kubectl(['replace', '-f', crd])).toMatchObject({ code: 0 });
    await cluster.kubectl(['delete', '-k', rbac]);
    const agent = openCluster(await cluster.kubeconfigFor(agentUser));
    opened = agent;
    await eventually(() => agent.cluster.isReady(), 'the agent knows what it may not do');
    await agent.cluster.connection.create(connectionSpec, agent.signal);
    const written = await agent.cluster.connection.writeStatus(
      { ...connectionStatus, lastHandledSyncRequest: 'one' },
      agent.signal,
    );
    expect(written.status).toMatchObject({ connectionState: 'Connected' });
  });
});
