import { afterEach, describe, expect, test } from 'vitest';
import {
  type ApplicationResource,
  applicationApiVersion,
  type SecretResource,
} from '../../../../agent/domain/resources.ts';
import { applicationType, secretType } from '../../../../agent/kube/api/resource-type.ts';
import { toPlanned } from '../../../data/builders/to-planned.ts';
import { startTestCluster } from '../../../servers/cluster/start-test-cluster.ts';
import { eventually, type OpenedCluster, openCluster, openOther } from '../open-cluster.ts';

function application(name: string, secretName?: string): ApplicationResource {
  const entry = { id: 'api', type: 'API', name: 'api', targetUrl: 'https://sap.example' };
  const credentials = { type: 'Basic', secretName: secretName ?? '' };
  const service = { id: 'bundle', name: 'bundle', displayName: 'Bundle', description: '', providerDisplayName: '' };
  return {
    apiVersion: applicationApiVersion,
    kind: 'Application',
    metadata: { name },
    spec: {
      encodeUrl: false,
      compassMetadata: { applicationId: `id-${name}`, authentication: { clientIds: [] } },
      services: [{ ...service, entries: [{ ...entry, credentials }] }],
    },
  };
}

function secret(name: string, labels: Record<string, string> = { bundleId: 'bundle' }): SecretResource {
  const metadata = { name, namespace: 'kyma-system', labels };
  return { apiVersion: 'v1', kind: 'Secret', metadata, data: { password: 'c2VjcmV0' } };
}

describe('Applications and their Secrets', () => {
  const cleanups: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function start(prepare?: (kubeconfigFile: string) => Promise<void>): Promise<OpenedCluster & { file: string }> {
    const testCluster = await startTestCluster();
    cleanups.push(testCluster.stop);
    await prepare?.(testCluster.kubeconfigFile);
    const opened = openCluster(testCluster.agentKubeconfigFile, { pageSize: 3 });
    cleanups.push(opened.close);
    return { ...opened, file: testCluster.kubeconfigFile };
  }

  test('are listed in pages, and only Secrets with a bundle label', async () => {
    const { cluster, signal, changes } = await start(async (file) => {
      const other = openOther(file);
      const { signal: never } = new AbortController();
      for (let index = 0; index < 8; index += 1) {
        await other.create(applicationType, application(`app-${index}`), never);
        await other.create(secretType, secret(`secret-${index}`), never);
      }
      await other.create(secretType, secret('foreign', {}), never);
      other.close();
    });
    const { applications, secrets } = await cluster.reader.snapshot(signal);
    expect(applications.map(({ metadata }) => metadata.name).sort()).toHaveLength(8);
    expect(secrets.map(({ metadata }) => metadata.name).sort()).toEqual(
      Array.from({ length: 8 }, (_, index) => `secret-${index}`),
    );
    expect(applications[0]?.metadata).not.toHaveProperty('managedFields');
    expect(changes).toEqual([]);
    await eventually(() => cluster.isReady(), 'the other watches run too');
  });

  test('that the agent writes are in the next snapshot at once, and are no change by others', async () => {
    const { cluster, signal, changes, file } = await start();
    await eventually(() => cluster.isReady(), 'the watches run');
    const created = await cluster.applications.createApplication(application('mine', 'mine-secret'), signal);
    const owner = { apiVersion: created.apiVersion, kind: created.kind, name: 'mine', uid: created.metadata.uid ?? '' };
    const written = await cluster.applications.createSecret(
      { ...secret('mine-secret'), metadata: { ...secret('mine-secret').metadata, ownerReferences: [owner] } },
      signal,
    );
    expect(await cluster.reader.snapshot(signal)).toEqual({ applications: [created], secrets: [written] });
    const updated = await cluster.applications.updateApplication(
      { ...created, spec: { ...created.spec, description: 'changed' } },
      signal,
    );
    expect((await cluster.reader.snapshot(signal)).applications).toEqual([updated]);
    await cluster.applications.deleteSecret('mine-secret', toPlanned(written), signal);
    await cluster.applications.deleteApplication('mine', toPlanned(updated), signal);
    expect(await cluster.reader.snapshot(signal)).toEqual({ applications: [], secrets: [] });

    // The watch delivers in order: once the change by others is there, every echo has passed.
    const other = openOther(file);
    await other.create(applicationType, application('theirs'), signal);
    await other.create(secretType, secret('theirs'), signal);
    other.close();
    await eventually(async () => {
      const { applications, secrets } = await cluster.reader.snapshot(signal);
      return applications.length === 1 && secrets.length === 1;
    }, 'the watches have seen everything');
    expect(changes).toEqual(['managed-objects', 'managed-objects']);
  });

  test('are updated only in the version that was read, and deleted only in the state that was planned for', async () => {
    const { cluster, signal } = await start();
    const created = await cluster.applications.createApplication(application('one'), signal);
    await cluster.applications.updateApplication(
      { ...created, spec: { ...created.spec, description: 'changed' } },
      signal,
    );
    await expect(
      cluster.applications.updateApplication({ ...created, spec: { ...created.spec, description: 'stale' } }, signal),
    ).rejects.toMatchObject({ reason: 'Conflict' });
    await expect(cluster.applications.createApplication(application('one'), signal)).rejects.toMatchObject({
      reason: 'AlreadyExists',
    });
    const another = { uid: '00000000-0000-4000-8000-000000000000', version: undefined };
    for (const planned of [another, toPlanned(created)]) {
      await expect(cluster.applications.deleteApplication('one', planned, signal)).rejects.toMatchObject({
        reason: 'Conflict',
      });
    }
    await expect(
      cluster.applications.updateApplication({ ...created, metadata: { ...created.metadata, name: 'gone' } }, signal),
    ).rejects.toMatchObject({ reason: 'NotFound' });
    await cluster.applications.deleteApplication('gone', toPlanned(created), signal);
    expect((await cluster.reader.snapshot(signal)).applications.map(({ metadata }) => metadata.name)).toEqual(['one']);
  });

  test('that the API server refuses are told with its own words, but for Secrets, whose values it may quote', async () => {
    const { cluster, signal } = await start();
    await expect(cluster.applications.createApplication(application('Not_A_Name'), signal)).rejects.toMatchObject({
      reason: 'Refused',
      message: expect.stringContaining('metadata.name'),
    });
    const bad = secret('bad', { bundleId: 'hunter2-hunter2-hunter2-hunter2-hunter2-hunter2-hunter2-hunter2-hunter2-' });
    const refusal = await cluster.applications.createSecret(bad, signal).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ reason: 'Refused', message: expect.stringContaining('metadata.labels') });
    expect(String(refusal)).not.toContain('hunter2');
  });
});
