import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { writeKubeconfig } from '../kube-api/kubeconfig.ts';
import type { AdminAnswer, AdminClient } from './admin-client.ts';
import { type AuditEntry, readAuditLog } from './audit-log.ts';
import { findBinaries } from './cluster-binaries.ts';
import { type ClusterCertificates, createClusterCertificates } from './cluster-certificates.ts';
import { ClusterProcesses } from './cluster-processes.ts';
import { compactEtcd } from './compact-etcd.ts';
import { createKubectl, type Kubectl } from './create-kubectl.ts';
import type { EtcdServer } from './etcd-server.ts';
import { type Servers, startServers } from './start-servers.ts';

export interface ClusterOptions {
  /** Also runs kube-controller-manager with its garbage collector: owned objects go with their owner. */
  garbageCollector?: boolean;
  /** Which CRDs are installed: those of `manifests/` (default), those that the Go agent came with, or none. */
  crds?: 'ours' | 'shipped' | 'none';
}

/** A real API server with its etcd, on loopback, for one test file. */
export interface Cluster {
  /** `https://127.0.0.1:<port>`; the port stays over a restart. */
  url: string;
  /** Kubeconfig of an administrator (`system:masters`, by client certificate). */
  kubeconfigFile: string;
  /** PEM file of the CA that signed the server's certificate. */
  caFile: string;
  /** All requests for resources so far, those of the cluster's own components left out. */
  auditLog(): Promise<AuditEntry[]>;
  /** All requests so far for what there is: discovery, OpenAPI and the version. */
  discoveryLog(): Promise<AuditEntry[]>;
  /**
   * Writes a kubeconfig with a token of that service account (TokenRequest), and creates the account where it is
   * missing. The user has only the rights that are bound to it.
   */
  kubeconfigFor(user: AccountUser): Promise<string>;
  kubectl: Kubectl;
  /** One request as the administrator. */
  request(method: string, path: string, body?: unknown, contentType?: string): Promise<AdminAnswer>;
  /** Cuts every connection and starts the server again on the same port with the same data. */
  restartApiServer(): Promise<void>;
  /**
   * Forgets the history up to now, in etcd and in the server's caches: the server starts again, watches that resume get
   * 410, and lists that continue too.
   */
  compact(): Promise<void>;
  readonly etcd: EtcdServer;
  /** Makes the namespaces and the CRDs, as at the start: for a cluster that has lost its data. */
  prepare(): Promise<void>;
  /** Ends every process and removes the folder. */
  stop(): Promise<void>;
}

/** A ServiceAccount, and which of several holders has its token: each gets one of its own. */
export interface AccountUser {
  serviceAccount: string;
  namespace: string;
  holder?: string;
}

const crdFolders = {
  ours: path.join(import.meta.dirname, '../../../manifests/crds'),
  shipped: path.join(import.meta.dirname, '../../data/fixtures/shipped-crds'),
};
const crdFiles = [
  'applications.applicationconnector.kyma-project.io.yaml',
  'compassconnections.compass.kyma-project.io.yaml',
];
const namespaces = ['kyma-system', 'istio-system'];
const pollIntervalMs = 50;

/**
 * Starts a cluster: kube-apiserver (RBAC, audit log), etcd, the namespaces kyma-system and istio-system, the CRDs.
 * @throws with the end of the server's log when it does not become ready, and where the programs are missing.
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const binaries = await findBinaries(process.env);
  if (!binaries) {
    throw new Error('No kube-apiserver here: "npm run test:cluster" builds it, or set KUBEBUILDER_ASSETS.');
  }
  const controllerManager = binaries.kubeControllerManager;
  if (options.garbageCollector && !controllerManager) {
    throw new Error('No kube-controller-manager here, which collects garbage: "npm run test:cluster" builds it.');
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'ucl-agent-cluster-'));
  const processes = new ClusterProcesses(folder);
  try {
    const certificates = await createClusterCertificates(folder);
    const servers = await startServers({ folder, processes, binaries, certificates });
    const { url, client } = servers;
    const kubeconfigFile = path.join(folder, 'admin.kubeconfig');
    await writeKubeconfig(kubeconfigFile, { url, ca: certificates.caCert }, { certificate: certificates.admin });
    await prepareCluster(client, options.crds ?? 'ours');
    if (options.garbageCollector && controllerManager) {
      // After the CRDs: the collector looks for new kinds of objects only every 30 s.
      const kubeconfig = path.join(folder, 'manager.kubeconfig');
      const certificate = certificates.controllerManager;
      await writeKubeconfig(kubeconfig, { url, ca: certificates.caCert }, { certificate });
      processes.start('kube-controller-manager', controllerManager, [
        `--kubeconfig=${kubeconfig}`,
        '--controllers=garbage-collector-controller',
        '--leader-elect=false',
        '--secure-port=0',
        '--profiling=false',
      ]);
    }
    return {
      url,
      kubeconfigFile,
      caFile: certificates.files.ca,
      auditLog: async () => (await readAuditLog(servers.auditFile)).filter(({ resource }) => resource !== ''),
      discoveryLog: async () => (await readAuditLog(servers.auditFile)).filter(({ resource }) => resource === ''),
      kubeconfigFor: (user) => writeServiceAccountKubeconfig(folder, servers, certificates, user),
      kubectl: createKubectl({
        file: binaries.kubectl,
        folder,
        kubeconfigFile,
        adopt: (child) => void processes.adopt(child),
      }),
      request: client.request,
      restartApiServer: servers.restart,
      etcd: servers.etcd,
      prepare: () => prepareCluster(client, options.crds ?? 'ours'),
      compact: async () => {
        await compactEtcd(servers.etcd.url);
        // What the server still remembers by itself would serve for minutes to come.
        await servers.restart();
      },
      stop: async () => {
        client.close();
        await processes.close();
      },
    };
  } catch (error: unknown) {
    await processes.close();
    throw error;
  }
}

const crd = z.object({ metadata: z.object({ name: z.string() }) });
const crdStatus = z.object({
  status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).nullish() }).optional(),
});

async function prepareCluster(client: AdminClient, crds: 'ours' | 'shipped' | 'none'): Promise<void> {
  for (const name of namespaces) {
    await expectStatus(client, 'POST', '/api/v1/namespaces', { metadata: { name } });
  }
  if (crds === 'none') {
    return;
  }
  const collection = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  for (const file of crdFiles) {
    const definition: unknown = parse(await readFile(path.join(crdFolders[crds], file), 'utf8'));
    await expectStatus(client, 'POST', collection, definition);
    const { name } = crd.parse(definition).metadata;
    while (!isEstablished((await client.request('GET', `${collection}/${name}`)).body)) {
      await sleep(pollIntervalMs);
    }
    // Established says that the server takes the kind; only an answer proves that it serves it.
    const [plural, ...group] = name.split('.');
    const objects = `/apis/${group.join('.')}/v1alpha1/${plural}`;
    while ((await client.request('GET', objects)).status !== 200) {
      await sleep(pollIntervalMs);
    }
  }
}

function isEstablished(body: unknown): boolean {
  const conditions = crdStatus.parse(body).status?.conditions ?? [];
  return conditions.some((condition) => condition.type === 'Established' && condition.status === 'True');
}

async function expectStatus(client: AdminClient, method: string, url: string, body: unknown): Promise<unknown> {
  const answer = await client.request(method, url, body);
  if (answer.status < 200 || answer.status > 299) {
    throw new Error(`${method} ${url} was answered with ${answer.status}: ${JSON.stringify(answer.body)}`);
  }
  return answer.body;
}

const tokenAnswer = z.object({ status: z.object({ token: z.string() }) });

async function writeServiceAccountKubeconfig(
  folder: string,
  servers: Servers,
  certificates: ClusterCertificates,
  { serviceAccount, namespace, holder }: AccountUser,
): Promise<string> {
  const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  const present = await servers.client.request('GET', `${accounts}/${serviceAccount}`);
  if (present.status === 404) {
    await expectStatus(servers.client, 'POST', accounts, { metadata: { name: serviceAccount } });
  }
  const answer = await expectStatus(servers.client, 'POST', `${accounts}/${serviceAccount}/token`, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: 86_400 },
  });
  const file = path.join(folder, `${[namespace, serviceAccount, holder].filter(Boolean).join('.')}.kubeconfig`);
  const { token } = tokenAnswer.parse(answer).status;
  await writeKubeconfig(file, { url: servers.url, ca: certificates.caCert }, { token }, namespace);
  return file;
}
