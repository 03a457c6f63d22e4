import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  type ClusterClient,
  createClusterClient,
  type StoredConnection,
} from '../../servers/cluster/create-cluster-client.ts';
import { readCrds } from '../../servers/cluster/start-test-cluster.ts';
import { buildImage } from '../../servers/image/build-image.ts';
import { prepareImageStore } from '../../servers/image/image-store.ts';
import { type MountedImage, mountImage } from '../../servers/image/mount-image.ts';
import { type ImageConfig, readArchive } from '../../servers/image/read-archive.ts';
import { type Container, startContainer } from '../../servers/image/start-container.ts';
import { readKubeconfig } from '../../servers/kube-api/kubeconfig.ts';
import { type KubeApi, startKubeApi } from '../../servers/kube-api/start-kube-api.ts';
import { startUcl, type Ucl } from '../../servers/ucl/start-ucl.ts';
import { toSystem } from '../e2e/start-stage.ts';
import { type ContainerTemplate, readDeployment } from '../shipped/read-deployment.ts';

/** Where a Pod finds its service account. */
const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

const standalone = await readDeployment('manifests/deployment.yaml');
const inModule = await readDeployment('test/data/fixtures/module-manager/deployment.yaml');
/** Also for the module's Deployment, whose manifest has no limit. */
const memoryLimitBytes = (standalone.memoryLimitMiB ?? 0) * 2 ** 20;
/** The one thing that the servers of the tests force: their certificates come from an authority of their own. */
const trust = { NODE_EXTRA_CA_CERTS: '/etc/ucl-ca.pem' };

let folder: string;
let rootFs: MountedImage;
let config: ImageConfig;
let ucl: Ucl;
let kubeApi: KubeApi | undefined;
let kube: ClusterClient;
let container: Container | undefined;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ucl-agent-image-'));
  const { archive } = await buildImage(console.error);
  await mkdir(path.join(folder, 'archive'));
  ({ config } = await readArchive(archive, path.join(folder, 'archive')));
  rootFs = await mountImage(archive, await prepareImageStore());
  ucl = await startUcl();
});

afterEach(async () => {
  await container?.remove();
  container = undefined;
  kube.close();
  await kubeApi?.stop();
  ucl.landscape.clear();
});

afterAll(async () => {
  await ucl.stop();
  await rootFs.remove();
  await rm(folder, { recursive: true });
});

/** A cluster with the configuration Secret of a runtime that has one system. */
async function prepareCluster(crds: 'ours' | 'shipped'): Promise<KubeApi> {
  const { landscape, connectorUrl } = ucl;
  landscape.createFormation('shipped');
  const runtime = landscape.registerRuntime();
  const system = landscape.registerApplication(toSystem('Commerce'));
  landscape.assign(runtime.id, 'RUNTIME', 'shipped');
  landscape.assign(system.id, 'APPLICATION', 'shipped');
  kubeApi = await startKubeApi({ crds: await readCrds(crds) });
  kube = await createClusterClient(kubeApi.kubeconfigFile);
  await kube.writeSecret('compass-agent-configuration', {
    CONNECTOR_URL: connectorUrl,
    RUNTIME_ID: runtime.id,
    TENANT: landscape.tenantId,
    TOKEN: landscape.requestOneTimeToken(runtime.id).token,
  });
  return kubeApi;
}

/** Starts a container as a Pod of the Deployment would, with what kubelet adds. */
async function startAgent(template: ContainerTemplate, api: KubeApi, ownEnv: Record<string, string> = {}) {
  const { ca = '', token = '' } = await readKubeconfig(
    await api.kubeconfigFor('system:serviceaccount:kyma-system:compass-runtime-agent'),
  );
  const account = await mkdtemp(path.join(folder, 'account-'));
  await chmod(account, 0o755);
  const files = { token, 'ca.crt': ca, namespace: 'kyma-system' };
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(account, name), text, { mode: 0o644 });
  const { hostname, port } = new URL(api.url);
  container = await startContainer(rootFs.rootFolder, config, {
    args: template.args,
    env: { ...template.env, KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port, ...ownEnv },
    mounts: { [serviceAccountFolder]: account, '/etc/ucl-ca.pem': ucl.caFile },
    memoryLimitBytes,
  });
  return container;
}

/** Waits until the CompassConnection says so. The limit is there so that a broken image ends the test. */
async function synchronized(running: Container): Promise<StoredConnection> {
  const endMs = performance.now() + 60_000;
  for (;;) {
    const found = await kube.connection();
    if (found?.status?.connectionState === 'Synchronized') return found;
    if (running.hasEnded() || performance.now() > endMs) {
      throw new Error(`Not synchronised: ${JSON.stringify(found?.status ?? 'no status')}\n${running.output()}`);
    }
    await sleep(50);
  }
}

const waysOfStarting = [
  { title: 'by the args of our Deployment', template: standalone, crds: 'ours', ownEnv: trust },
  // It accepts any certificate of UCL, so nothing needs to be added.
  { title: "by the args of the module's Deployment", template: inModule, crds: 'shipped', ownEnv: {} },
] as const;

describe.each(waysOfStarting)('the image, started $title', ({ template, crds, ownEnv }) => {
  test('pairs, synchronises and ends with 0 when it is asked to', async () => {
    const running = await startAgent(template, await prepareCluster(crds), ownEnv);
    await synchronized(running);
    expect((await kube.applications()).map(({ metadata }) => metadata.name)).toEqual(['mp-commerce']);
    const port = template.env.APP_HEALTH_PORT;
    for (const probe of ['healthz', 'readyz']) {
      expect((await fetch(`http://127.0.0.1:${port}/${probe}`)).status, probe).toBe(200);
    }
    expect(await running.stop(), running.output()).toBe(0);
  });

  test('runs with as little power as the Deployment asks for, and within its memory limit', async () => {
    const running = await startAgent(template, await prepareCluster(crds), ownEnv);
    await synchronized(running);
    const facts = await running.inspect();
    const none = '0000000000000000';
    expect(facts).toMatchObject({
      uids: '65535\t65535\t65535\t65535',
      gids: '65535\t65535\t65535\t65535',
      groups: '',
      capabilities: { CapInh: none, CapPrm: none, CapEff: none, CapBnd: none, CapAmb: none },
      noNewPrivileges: '1',
    });
    expect(facts.rootMount).toContain('ro');
    // The agent learns its limit from the container, and keeps its heap 64 MiB below that.
    expect(facts.commandLine).toContain('--max-old-space-size=192');
  });
});
