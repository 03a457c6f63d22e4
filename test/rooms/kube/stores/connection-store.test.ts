import { afterEach, describe, expect, test } from 'vitest';
import { annotations } from '../../../../agent/domain/annotations.ts';
import type { ConnectionStatus } from '../../../../agent/domain/connection-status.ts';
import { requestKinds } from '../../../../agent/domain/request-kinds.ts';
import { AgentError } from '../../../../agent/errors/agent-error.ts';
import { isRecord } from '../../../../agent/kube/api/kube-object.ts';
import { compassConnectionType, type ResourceType } from '../../../../agent/kube/api/resource-type.ts';
import { readCrds, startTestCluster, type TestCluster } from '../../../servers/cluster/start-test-cluster.ts';
import { eventually, type OpenedCluster, openCluster, openOther } from '../open-cluster.ts';

const crdType: ResourceType = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  custom: false,
};
const spec = { managementInfo: { directorUrl: '', connectorUrl: '' } };
const target = { type: compassConnectionType, name: 'compass-connection' };

function statusWith(change: Partial<ConnectionStatus>): ConnectionStatus {
  return {
    connectionState: 'Synchronized',
    connectionStatus: {
      established: '2030-01-01T00:00:00Z',
      renewed: null,
      certificateStatus: { notBefore: '2030-01-01T00:00:00Z', notAfter: '2030-04-01T00:00:00Z' },
    },
    ...change,
  };
}

const full = statusWith({
  observedGeneration: 1,
  conditions: [
    {
      type: 'Ready',
      status: 'True',
      reason: 'Synchronized',
      message: 'All is well.',
      lastTransitionTime: '2030-01-01T00:00:00Z',
    },
  ],
  applications: { desired: 10, ready: 8, failed: 2, summary: '8/10' },
  lastHandledSyncRequest: 'first',
  lastSync: '2030-01-01T00:00:00Z',
});

describe('the store of the CompassConnection', () => {
  const cleanups: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function start(crds: 'ours' | 'shipped' | 'none'): Promise<OpenedCluster & { testCluster: TestCluster }> {
    const testCluster = await startTestCluster({ crds });
    cleanups.push(testCluster.stop);
    const opened = openCluster(testCluster.agentKubeconfigFile);
    cleanups.push(opened.close);
    return { ...opened, testCluster };
  }

  async function exchangeCrd(testCluster: TestCluster, crds: 'ours' | 'shipped', signal: AbortSignal): Promise<void> {
    const other = openOther(testCluster.kubeconfigFile);
    for (const manifest of await readCrds(crds)) {
      if (!isRecord(manifest) || !isRecord(manifest.metadata)) throw new Error('not a manifest');
      const name = String(manifest.metadata.name);
      const present = await other.get({ type: crdType, name }, signal).catch(() => undefined);
      const version =
        isRecord(present) && isRecord(present.metadata) ? String(present.metadata.resourceVersion) : undefined;
      const object = {
        ...manifest,
        metadata: { name, ...(version === undefined ? {} : { resourceVersion: version }) },
      };
      await (present === undefined ? other.create(crdType, object, signal) : other.update(crdType, object, signal));
    }
    other.close();
  }

  test('creates the object with its annotations, writes every field of the status and nothing when the status is the same', async () => {
    const { cluster, signal } = await start('ours');
    expect(await cluster.connection.read(signal)).toBeUndefined();
    await cluster.connection.create(spec, signal, { ours: 'from the first moment' });
    const written = await cluster.connection.writeStatus(full, signal);
    expect(written.status).toEqual(full);
    expect(written.metadata.annotations).toEqual({ ours: 'from the first moment' });
    const again = await cluster.connection.writeStatus(structuredClone(full), signal);
    expect(again.metadata.resourceVersion).toBe(written.metadata.resourceVersion);
    expect(await cluster.connection.read(signal)).toEqual(written);
  });

  test('changes spec and annotations of the present object even when somebody else wrote in between', async () => {
    const { cluster, signal, testCluster } = await start('ours');
    const created = await cluster.connection.create({ ...spec, resyncNow: true }, signal);
    const other = openOther(testCluster.kubeconfigFile);
    await other.update(
      compassConnectionType,
      { ...created, metadata: { ...created.metadata, annotations: { theirs: 'kept' } } },
      signal,
    );
    const managementInfo = { directorUrl: 'https://d.example', connectorUrl: 'https://c.example' };
    const changed = await cluster.connection.update(
      { spec: { managementInfo, resyncNow: false }, annotations: { ours: 'set' } },
      signal,
    );
    other.close();
    expect(changed.spec).toEqual({ managementInfo, resyncNow: false });
    expect(changed.metadata.annotations).toEqual({ theirs: 'kept', ours: 'set' });
  });

  test('tells of annotations and deletions by others, and not of its own writes', async () => {
    const { cluster, signal, changes, testCluster } = await start('ours');
    await cluster.connection.create(spec, signal);
    await cluster.connection.writeStatus(full, signal);
    const mine = await cluster.connection.update({ annotations: { ours: 'set' } }, signal);
    const other = openOther(testCluster.kubeconfigFile);
    await other.update(
      compassConnectionType,
      { ...mine, metadata: { ...mine.metadata, annotations: { [requestKinds.sync.annotation]: 'now' } } },
      signal,
    );
    await eventually(() => changes.length > 0, 'the annotation is noticed');
    expect(changes).toEqual(['connection']);
    expect((await cluster.connection.read(signal))?.metadata.annotations).toEqual({
      [requestKinds.sync.annotation]: 'now',
    });
    await other.delete(target, { uid: mine.metadata.uid ?? '' }, signal);
    await eventually(() => changes.length > 1, 'the deletion is noticed');
    expect(await cluster.connection.read(signal)).toBeUndefined();
    other.close();
  });

  test('keeps suspension and echoes in annotations on the CRD of the Go agent, and says what is missing once', async () => {
    const { cluster, signal, log, testCluster } = await start('shipped');
    await cluster.connection.create(spec, signal);
    const written = await cluster.connection.writeStatus(full, signal);
    expect(written.status).toEqual(statusWith({ lastHandledSyncRequest: 'first' }));
    expect(written.metadata.annotations).toEqual({ [requestKinds.sync.echoAnnotation]: 'first' });
    const again = await cluster.connection.writeStatus(structuredClone(full), signal);
    expect(again.metadata.resourceVersion).toBe(written.metadata.resourceVersion);
    const suspended = await cluster.connection.update({ spec: { suspend: true } }, signal);
    expect(suspended.spec.suspend).toBe(true);
    const other = openOther(testCluster.kubeconfigFile);
    const stored = await other.get(target, signal);
    other.close();
    expect(stored).toMatchObject({
      metadata: { annotations: { [annotations.suspend]: 'true' } },
      status: { connectionState: 'Synchronized' },
    });
    expect(log.lines().filter((line) => line.includes('CRD is the one of the Go agent'))).toHaveLength(1);
  });

  test('goes on through the change from the CRD of the Go agent to ours and back', async () => {
    const { cluster, signal, testCluster } = await start('shipped');
    await cluster.connection.create(spec, signal);
    await cluster.connection.writeStatus(full, signal);
    await exchangeCrd(testCluster, 'ours', signal);
    let round = 0;
    await eventually(async () => {
      round += 1;
      const lastSync = new Date(Date.UTC(2031, 0, 1, 0, 0, round)).toISOString().replace('.000', '');
      const { lastSuccess: _, ...connectionStatus } = full.connectionStatus;
      const next = { ...full, connectionStatus: { ...connectionStatus, lastSync } };
      const written = await cluster.connection.writeStatus(next, signal);
      return written.status?.applications?.summary === '8/10';
    }, 'the fields of our CRD appear');

    await exchangeCrd(testCluster, 'shipped', signal);
    await eventually(async () => {
      round += 1;
      const lastSync = new Date(Date.UTC(2031, 0, 1, 0, 0, round)).toISOString().replace('.000', '');
      const next = { ...full, connectionStatus: { ...full.connectionStatus, lastSync } };
      const written = await cluster.connection.writeStatus(next, signal);
      return written.status?.applications === undefined && written.status?.connectionStatus.lastSync === lastSync;
    }, 'the legacy fields are written again');
  });

  test('names the missing CRD, and heals when it is installed', async () => {
    const { cluster, signal, testCluster } = await start('none');
    await expect(cluster.connection.read(signal)).rejects.toMatchObject({ reason: 'CrdMissing', next: 'wait' });
    await expect(cluster.connection.create(spec, signal)).rejects.toBeInstanceOf(AgentError);
    expect(cluster.whyNotReady()).toContain('compassconnections.compass.kyma-project.io is not installed');
    await exchangeCrd(testCluster, 'ours', signal);
    await eventually(() => cluster.isReady(), 'the watches have found the CRDs');
    await cluster.connection.create(spec, signal);
    expect(await cluster.connection.read(signal)).toMatchObject({ spec });
    expect(cluster.limitations()).toEqual([]);
  });
});
