import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { applicationType, compassConnectionType, secretType } from '../../../agent/kube/api/resource-type.ts';
import { writeKubeconfig } from '../../servers/kube-api/kubeconfig.ts';
import { type KubeApi, startKubeApi } from '../../servers/kube-api/start-kube-api.ts';
import {
  installMissing,
  openCluster,
  playgroundLabel,
  readApplicationSecrets,
  readOurs,
} from './playground-cluster.ts';
import { startPlayground } from './start-playground.ts';

const signal = new AbortController().signal;

async function startCluster() {
  const api = await startKubeApi();
  const client = openCluster(api.kubeconfigFile);
  onTestFinished(async () => {
    client.close();
    await api.stop();
  });
  return { api, client };
}

/** A CompassConnection and one Application, as a playground or a real agent leaves them. */
async function leaveObjects({ client }: Awaited<ReturnType<typeof startCluster>>, labels: Record<string, string>) {
  await installMissing(client, signal);
  await client.create(
    compassConnectionType,
    Object.assign({ metadata: { name: 'compass-connection', labels } }, connectionContent),
    signal,
  );
  const application = { metadata: { name: 'mp-left-behind', labels } };
  await client.create(applicationType, Object.assign(application, applicationContent), signal);
}

const connectionContent = {
  apiVersion: 'compass.kyma-project.io/v1alpha1',
  kind: 'CompassConnection',
  spec: { managementInfo: { directorUrl: '', connectorUrl: '' } },
};
const applicationContent = {
  apiVersion: 'applicationconnector.kyma-project.io/v1alpha1',
  kind: 'Application',
  spec: { compassMetadata: { applicationId: 'left-behind', authentication: { clientIds: [] } }, services: [] },
};

function countWrites(api: KubeApi): number {
  return api.requests.count(({ verb }) => !['get', 'list', 'watch'].includes(verb));
}

describe('the playground', () => {
  test('pairs, syncs and compares a generated landscape, and prints one JSON document', async () => {
    const { code, stdout, stderr, leftFiles } = await startPlayground(
      ...['--once', '--output', 'json', '--apps', '30', '--bundles', '2'],
    ).ended;
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      applications: 30,
      secrets: 60,
      failures: 0,
      pairMs: expect.any(Number),
      syncMs: expect.any(Number),
      // One page of the landscape, and the runtime's two labels.
      directorRequests: 3,
      kubernetesRequests: expect.objectContaining({ create: expect.any(Number), watch: expect.any(Number) }),
      rssMiB: expect.any(Number),
      differences: [],
    });
    expect(leftFiles).toEqual([]);
  });

  test('shows steps, systems and things to try, and ends cleanly at Ctrl-C', async () => {
    const run = startPlayground();
    await run.seen('Ctrl-C ends the playground');
    const agentPid = run.agentPid();
    expect(process.kill(agentPid, 0)).toBe(true);
    run.interrupt();
    run.interrupt();
    const { code, stdout, stderr, leftFiles } = await run.ended;
    expect(code, stderr).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/mp-ariba-procurement +Ariba Procurement +2 +Basic +failed in part: UnsupportedCredential/);
    expect(stdout).toMatch(/mp-point-of-sale +東京店舗 Point of Sale +1 +Basic, parameters +ready/);
    expect(stdout).toContain('all are as they should be');
    expect(stdout).toContain('assignFormation');
    expect(stdout).not.toMatch(/invented-/);
    expect(() => process.kill(agentPid, 0)).toThrow('ESRCH');
    expect(leftFiles).toEqual([]);
  });

  test("works on a cluster with an earlier playground's objects, and leaves none of its own", async () => {
    const cluster = await startCluster();
    await leaveObjects(cluster, { [playgroundLabel]: 'true' });
    const { code, stdout, stderr } = await startPlayground('--once', '--kubeconfig', cluster.api.kubeconfigFile).ended;
    expect(code, stdout + stderr).toBe(0);
    expect(stdout).toContain('1 Applications of an earlier playground are removed');
    expect(await readOurs(cluster.client, signal)).toEqual({ connections: [], applications: [] });
    expect(await readApplicationSecrets(cluster.client, signal)).toEqual([]);
    const { items } = await cluster.client.list({ type: secretType, namespace: 'kyma-system' }, 500, signal);
    expect(items).toEqual([]);
  });

  test('refuses a cluster with a CompassConnection and an Application of somebody else before it writes', async () => {
    const cluster = await startCluster();
    await leaveObjects(cluster, {});
    const before = countWrites(cluster.api);
    const { code, stdout, stderr } = await startPlayground('--kubeconfig', cluster.api.kubeconfigFile).ended;
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(
      /^The cluster .* holds CompassConnection compass-connection, Application mp-left-behind, .*\n$/,
    );
    expect(countWrites(cluster.api)).toBe(before);
  });
});

describe('one clear line and code 2 are the answer to', () => {
  test.each([
    ['an unknown option', ['--twice'], "unknown option '--twice'"],
    ['a number that is none', ['--apps', 'many'], 'A whole number from 1 to 100000 is needed'],
    ['an argument', ['once'], 'too many arguments'],
    ['an unreadable kubeconfig', ['--kubeconfig', '/nowhere/kubeconfig'], '/nowhere/kubeconfig cannot be read'],
  ])('%s', async (_, args, message) => {
    const { code, stdout, stderr } = await startPlayground(...args).ended;
    expect({ code, stdout, lines: stderr.split('\n').length - 1 }).toEqual({ code: 2, stdout: '', lines: 1 });
    expect(stderr).toContain(message);
  });

  test('a cluster that does not answer', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'playground-test-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'kubeconfig');
    // Port 9 (discard) has no listener.
    await writeKubeconfig(file, { url: 'https://127.0.0.1:9', ca: '' }, { token: 'none' });
    const { code, stderr } = await startPlayground('--kubeconfig', file).ended;
    expect(code).toBe(2);
    expect(stderr).toMatch(/^The API server https:\/\/127\.0\.0\.1:9 cannot be reached: ECONNREFUSED\..*\n$/);
  });

  test.each(['kube', 'admin'])('a taken --%s-port', async (name) => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? String(address.port) : '';
    const { code, stderr, leftFiles } = await startPlayground(`--${name}-port`, port).ended;
    expect(code).toBe(2);
    expect(stderr).toMatch(new RegExp(`^Port ${port} \\(--${name}-port\\) is taken: .*\n$`));
    expect(leftFiles).toEqual([]);
  });
});
