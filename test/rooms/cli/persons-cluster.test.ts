import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKubeTransport } from '../../../agent/kube/api/create-kube-transport.ts';
import { createKubeClient } from '../../../agent/kube/api/kube-client.ts';
import { applicationType, secretType } from '../../../agent/kube/api/resource-type.ts';
import { systemTime } from '../../../agent/time/system-time.ts';
import { anApplication } from '../../data/builders/kubernetes-objects.ts';
import { startTestCluster, type TestCluster } from '../../servers/cluster/start-test-cluster.ts';
import { openPersonsView, runAsPerson } from './run-as-person.ts';

/** The commands against an API server, as a person with rights of their own. */

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster();
});
afterAll(() => cluster?.stop());

const { signal } = new AbortController();
const cli = (...args: string[]) => runAsPerson(args);

describe('a person', () => {
  test('who lacks a right reads which one of theirs that is, and how to ask for it', async () => {
    const { kubeconfigFile, grant } = await cluster.restrict([{ verb: 'get', resource: 'compassconnections' }]);
    const resource = 'compassconnections.compass.kyma-project.io';
    expect(await cli('status', '--kubeconfig', kubeconfigFile)).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `Your user may not get ${resource} "compass-connection". Ask an administrator of the cluster for the verb get on ${resource}. This tells whether you have it: kubectl --kubeconfig ${kubeconfigFile} auth can-i get ${resource}/compass-connection\n`,
    });
    await grant();
  });

  test('who names a context that the kubeconfig does not have reads which ones it has', async () => {
    const { exitCode, stderr } = await cli('status', '--kubeconfig', cluster.kubeconfigFile, '--context', 'other');
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^The Kubernetes configuration from .* has no context "other"\. It has: \S+\.\n$/);
  });

  test('suspends, resumes and asks for a renewal, and all of it stands in the object', async () => {
    const admin = ['--kubeconfig', cluster.kubeconfigFile];
    const { connection: store } = openPersonsView({ kubeconfigFile: cluster.kubeconfigFile });
    await store.create({ managementInfo: { directorUrl: '', connectorUrl: '' } }, signal);
    expect(await cli('suspend', ...admin)).toMatchObject({ exitCode: 0, stderr: '' });
    expect((await store.read(signal))?.spec.suspend).toBe(true);
    expect(await cli('renew', ...admin)).toMatchObject({ exitCode: 1, stdout: '' });
    expect(await cli('resume', ...admin)).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await cli('renew', ...admin)).toMatchObject({ exitCode: 0, stderr: '' });
    const { spec, metadata } = (await store.read(signal)) ?? expect.unreachable();
    expect(spec.suspend).toBe(false);
    expect(metadata.annotations?.['compass.kyma-project.io/renew-requested-at']).toMatch(/-abc$/);
  });

  test('who may not change the connection reads that, and nothing has changed', async () => {
    const { kubeconfigFile } = await cluster.restrict([{ verb: 'update', resource: 'compassconnections' }]);
    const { exitCode, stdout, stderr } = await cli('suspend', '--kubeconfig', kubeconfigFile);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(
      /^Your user may not update compassconnections\.compass\.kyma-project\.io "compass-connection"\. /,
    );
  });

  test('reads the story of an Application and of its Secrets, of which no value is told', async () => {
    const transport = createKubeTransport(cluster.kubeconfigFile, systemTime);
    const client = createKubeClient(transport, systemTime);
    const credentials = { type: 'Basic', secretName: 'mp-shop-b1' };
    await client.create(
      applicationType,
      anApplication('mp-shop', {
        description: '',
        services: [
          {
            ...{ id: 'b1', name: 'orders', displayName: 'Orders', description: '', providerDisplayName: '' },
            entries: [{ type: 'API', credentials }],
          },
        ],
      }),
      signal,
    );
    const secret = { ...{ apiVersion: 'v1', kind: 'Secret' }, metadata: { name: 'mp-shop-b1', namespace: 'default' } };
    const data = { password: btoa('hunter2') };
    await client.create(secretType, Object.assign(secret, { data }), signal);
    client.close();
    const { stdout, stderr, exitCode } = await cli(
      ...['explain', 'mp-shop', '--kubeconfig', cluster.kubeconfigFile, '-n', 'default'],
    );
    expect([stderr, exitCode]).toEqual(['', 0]);
    expect(stdout).toMatch(/^Secrets in default\n {2}mp-shop-b1 {2}there$/m);
    expect(stdout).not.toMatch(new RegExp(`hunter2|${btoa('hunter2')}`));
  });
});
