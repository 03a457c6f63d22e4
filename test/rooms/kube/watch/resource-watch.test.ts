import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, test } from 'vitest';
import {
  type ApplicationResource,
  applicationApiVersion,
  type SecretResource,
} from '../../../../agent/domain/resources.ts';
import { applicationType, compassConnectionType, secretType } from '../../../../agent/kube/api/resource-type.ts';
import type { WatchTimings } from '../../../../agent/kube/create-cluster.ts';
import { type Denial, startTestCluster } from '../../../servers/cluster/start-test-cluster.ts';
import { startFaultProxy } from '../../../servers/fault-proxy/start-fault-proxy.ts';
import { eventually, openCluster, openOther } from '../open-cluster.ts';
import { startTcpRelay } from './tcp-relay.ts';

const { signal: never } = new AbortController();
const connectionSpec = { managementInfo: { directorUrl: '', connectorUrl: '' } };

function application(name: string, secretName = ''): ApplicationResource {
  const entry = { type: 'API', name: 'api', credentials: { type: 'Basic', secretName } };
  const service = { id: 'b', name: 'b', displayName: 'b', description: '', providerDisplayName: '', entries: [entry] };
  const compassMetadata = { applicationId: name, authentication: { clientIds: [] } };
  const spec = { compassMetadata, services: [service] };
  return { apiVersion: applicationApiVersion, kind: 'Application', metadata: { name }, spec };
}

function secret(name: string, labels: Record<string, string>): SecretResource {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'kyma-system', labels }, data: {} };
}

setFlagsFromString('--expose-gc');
const collectGarbage: unknown = runInNewContext('gc');

function usedHeapBytes(): number {
  if (typeof collectGarbage !== 'function') throw new Error('This Node cannot be asked to collect garbage.');
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

describe('the watches', () => {
  const cleanups: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function startBehindRelay(timings: Partial<WatchTimings>) {
    const testCluster = await startTestCluster();
    cleanups.push(testCluster.stop);
    const relay = await startTcpRelay(testCluster.agentKubeconfigFile);
    cleanups.push(relay.stop);
    const opened = openCluster(relay.kubeconfigFile, timings);
    cleanups.push(opened.close);
    const other = openOther(testCluster.kubeconfigFile);
    cleanups.push(async () => other.close());
    await eventually(() => opened.cluster.isReady(), 'the watches run');
    const names = async () =>
      (await opened.cluster.reader.snapshot(opened.signal)).applications.map(({ metadata }) => metadata.name).sort();
    return { ...opened, testCluster, relay, other, names };
  }

  async function startRestricted(denied: Denial[]) {
    const testCluster = await startTestCluster();
    cleanups.push(testCluster.stop);
    const other = openOther(testCluster.kubeconfigFile);
    cleanups.push(async () => other.close());
    await other.create(applicationType, application('one', 'named'), never);
    await other.create(secretType, secret('named', { bundleId: 'b' }), never);
    await other.create(secretType, secret('not-named', { bundleId: 'b' }), never);
    const user = await testCluster.restrict(denied);
    const opened = openCluster(user.kubeconfigFile);
    cleanups.push(opened.close);
    return { ...opened, other, user };
  }

  test('find a silent connection by a deadline and list again', async () => {
    const testCluster = await startTestCluster();
    cleanups.push(testCluster.stop);
    const proxy = await startFaultProxy({ kubeconfigFile: testCluster.agentKubeconfigFile });
    cleanups.push(proxy.stop);
    const { cluster, signal, close } = openCluster(proxy.kubeconfigFile, { silenceMs: 1_000 });
    cleanups.push(close);
    const other = openOther(testCluster.kubeconfigFile);
    cleanups.push(async () => other.close());
    await eventually(() => cluster.isReady(), 'the watches run');
    proxy.requests.clear();
    proxy.freezeStreams();
    await other.create(applicationType, application('meanwhile'), never);
    await eventually(
      async () => (await cluster.reader.snapshot(signal)).applications.length === 1,
      'the list is taken',
    );
    await eventually(() => cluster.isReady(), 'the watches go on');
    const listed = proxy.requests.all().filter(({ verb, resource }) => verb === 'list' && resource === 'applications');
    expect(listed.length).toBeGreaterThan(0);
  });

  test('say that the API server cannot be reached, and heal when it can', async () => {
    const { relay, cluster, log, other, names } = await startBehindRelay({});
    relay.refuse();
    await eventually(() => cluster.limitations().length === 4, 'every watch notices the loss');
    expect(cluster.whyNotReady()).toContain('cannot be reached');
    await other.create(applicationType, application('meanwhile'), never);
    relay.recover();
    await eventually(() => cluster.isReady() && cluster.limitations().length === 0, 'the watches run again');
    await eventually(async () => (await names()).includes('meanwhile'), 'the event is seen');
    expect(log.lines()).toContain('info The watch over applications works again.');
  });

  test('survive a restart of the API server', async () => {
    const { testCluster, cluster, other, names } = await startBehindRelay({});
    await other.create(applicationType, application('before'), never);
    await testCluster.restart();
    await eventually(async () => {
      await other.create(applicationType, application('after'), never).catch(() => undefined);
      return cluster.isReady() && (await names()).includes('after');
    }, 'the event after the restart is seen');
    expect(await names()).toEqual(['after', 'before']);
  });

  test('use no more connections and no more memory after a thousand of them were broken', async () => {
    const timings = { backoffMs: { first: 1, most: 2 } };
    const { relay, cluster, other, names } = await startBehindRelay(timings);
    const breakConnections = async (count: number) => {
      const end = relay.accepted() + count;
      while (relay.accepted() < end) {
        const round = relay.accepted();
        relay.drop();
        await eventually(() => relay.accepted() > round, 'the watches connect again');
      }
    };
    // What is made once, by the first reconnections, is no growth.
    await breakConnections(200);
    const before = usedHeapBytes();
    await breakConnections(1_000);
    await eventually(() => cluster.isReady(), 'the watches run');
    await other.create(applicationType, application('meanwhile'), never);
    await eventually(async () => (await names()).includes('meanwhile'), 'the event is seen');
    // One for each watch, and those kept for the requests by which each watch begins.
    expect(relay.connections()).toBeLessThanOrEqual(12);
    // A reconnection that leaves its buffers behind costs tens of KiB.
    expect((usedHeapBytes() - before) / 1_000).toBeLessThan(4_000);
  }, 120_000);

  test('name the missing permissions, read object by object meanwhile, and heal when they are granted', async () => {
    const { cluster, signal, user, other, changes } = await startRestricted([
      { verb: 'watch', resource: 'applications' },
      { verb: 'list', resource: 'secrets' },
      { verb: 'watch', resource: 'secrets' },
    ]);
    const reduced = await cluster.reader.snapshot(signal);
    expect(reduced.applications.map(({ metadata }) => metadata.name)).toEqual(['one']);
    expect(reduced.secrets.map(({ metadata }) => metadata.name)).toEqual(['named']);
    await eventually(() => cluster.isReady(), 'the reduced way of working counts as ready');
    const limitations = cluster.limitations().join('\n');
    expect(limitations).toContain('may not watch applications.applicationconnector.kyma-project.io,');
    expect(limitations).toContain('may not list secrets in namespace kyma-system,');
    expect(limitations).toContain('may not list secrets "compass-agent-configuration" in namespace kyma-system,');

    await other.create(secretType, secret('compass-agent-configuration', {}), never);
    await eventually(() => changes.includes('configuration'), 'the polled Secret is noticed');

    await user.grant();
    await eventually(() => cluster.limitations().length === 0, 'the permissions are used');
    const whole = await cluster.reader.snapshot(signal);
    expect(whole.secrets.map(({ metadata }) => metadata.name).sort()).toEqual(['named', 'not-named']);
  });

  test('read a CompassConnection that may not be watched now and then', async () => {
    const { cluster, signal, other, changes } = await startRestricted([
      { verb: 'watch', resource: 'compassconnections' },
    ]);
    const connection = { metadata: { name: 'compass-connection' }, spec: connectionSpec };
    const manifest = { apiVersion: 'compass.kyma-project.io/v1alpha1', kind: 'CompassConnection', ...connection };
    await eventually(() => cluster.limitations().length > 0, 'the missing permission is noticed');
    await other.create(compassConnectionType, manifest, never);
    await eventually(() => changes.includes('connection'), 'the object is noticed');
    expect((await cluster.connection.read(signal))?.spec).toEqual(connectionSpec);
  });

  test('name the verb and resource of a write that is not permitted', async () => {
    const { cluster, signal } = await startRestricted([{ verb: 'create', resource: 'applications' }]);
    await expect(cluster.applications.createApplication(application('two'), signal)).rejects.toMatchObject({
      reason: 'PermissionMissing',
      next: 'wait',
      message: 'The agent may not create applications.applicationconnector.kyma-project.io "two"',
    });
  });
});
