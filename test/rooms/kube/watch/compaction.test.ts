import { describe, expect, test } from 'vitest';
import { applicationApiVersion } from '../../../../agent/domain/resources.ts';
import { applicationType } from '../../../../agent/kube/api/resource-type.ts';
import { startTestCluster } from '../../../servers/cluster/start-test-cluster.ts';
import { eventually, openCluster, openOther } from '../open-cluster.ts';
import { startTcpRelay } from './tcp-relay.ts';

describe('a watch whose history is gone', () => {
  test('lists again, and tells of what was removed meanwhile', async () => {
    const testCluster = await startTestCluster();
    const relay = await startTcpRelay(testCluster.agentKubeconfigFile);
    const { cluster, signal, changes, close } = openCluster(relay.kubeconfigFile);
    const other = openOther(testCluster.kubeconfigFile);
    const { signal: never } = new AbortController();
    const create = async (name: string) => {
      const manifest = { apiVersion: applicationApiVersion, kind: 'Application', metadata: { name }, spec: {} };
      await other.create(applicationType, manifest, never);
    };
    const names = async () =>
      (await cluster.reader.snapshot(signal)).applications.map(({ metadata }) => metadata.name).sort();
    try {
      await create('stays');
      await create('goes');
      await eventually(async () => (await names()).length === 2, 'both are seen');
      relay.refuse();
      const [goes] = (await other.list({ type: applicationType, name: 'goes' }, 500, never)).items;
      const uid = JSON.stringify(goes).match(/"uid":"([^"]+)"/)?.[1] ?? '';
      await other.delete({ type: applicationType, name: 'goes' }, { uid }, never);
      await create('comes');
      await testCluster.compact();
      changes.splice(0);
      relay.recover();
      await eventually(async () => (await names()).join() === 'comes,stays', 'the list is taken over');
      await eventually(() => changes.includes('managed-objects') && cluster.isReady(), 'the watches go on');
      expect(await names()).toEqual(['comes', 'stays']);
    } finally {
      other.close();
      await close();
      await relay.stop();
      await testCluster.stop();
    }
  });
});
