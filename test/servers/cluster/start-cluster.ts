import { spawn } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { type AdminAnswer, type AdminClient, createAdminClient } from './admin-client.ts';
import { type AuditEntry, auditPolicy, parseAuditLog } from './audit-log.ts';
import { type ClusterBinaries, findBinaries } from './cluster-binaries.ts';
import { type ClusterCertificates, createClusterCertificates } from './cluster-certificates.ts';
import { ClusterProcesses, findFreePorts } from './cluster-processes.ts';
import { compactEtcd } from './compact-etcd.ts';

export interface ClusterOptions {
  /** Also runs kube-controller-manager with its garbage collector: owned objects go with their owner. */
  garbageCollector?: boolean;
  /** Which CRDs are installed: those of `manifests/` (default), those that the Go agent came with, or none. */
  crds?: 'ours' | 'shipped' | 'none';
}

/** What a program run to its end left. */
export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
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
  kubeconfigFor(user: { serviceAccount: string; namespace: string }): Promise<string>;
  /**
   * Runs kubectl as the administrator; `--kubeconfig` among the arguments makes it another user.
   * Rejects when it does not end within a minute: no `get -w` without an end.
   */
  kubectl(args: string[], input?: string): Promise<CommandResult>;
  /** One request as the administrator. */
  request(method: string, path: string, body?: unknown, contentType?: string): Promise<AdminAnswer>;
  /** Cuts every connection and starts the server again on the same port with the same data. */
  restartApiServer(): Promise<void>;
  /**
   * Forgets the history up to now, in etcd and in the server's caches: the server starts again, watches that resume get
   * 410, and lists that continue too.
   */
  compact(): Promise<void>;
  /** Ends every process and removes the folder. */
  stop(): Promise<void>;
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
const readyTimeoutMs = 90_000;
const kubectlTimeoutMs = 60_000;
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
    const servers = await startServers(folder, processes, binaries, certificates);
    const kubeconfigFile = await writeKubeconfig(
      path.join(folder, 'admin.kubeconfig'),
      servers.url,
      certificates.caCert,
      {
        'client-certificate-data': base64(certificates.admin.cert),
        'client-key-data': base64(certificates.admin.key),
      },
    );
    await prepareCluster(servers.client, options.crds ?? 'ours');
    if (options.garbageCollector && controllerManager) {
      // After the CRDs: the collector looks for new kinds of objects only every 30 s.
      const kubeconfig = await writeKubeconfig(
        path.join(folder, 'manager.kubeconfig'),
        servers.url,
        certificates.caCert,
        {
          'client-certificate-data': base64(certificates.controllerManager.cert),
          'client-key-data': base64(certificates.controllerManager.key),
        },
      );
      processes.start('kube-controller-manager', controllerManager, [
        `--kubeconfig=${kubeconfig}`,
        '--controllers=garbage-collector-controller',
        '--leader-elect=false',
        '--secure-port=0',
        '--profiling=false',
      ]);
    }
    return {
      url: servers.url,
      kubeconfigFile,
      caFile: certificates.files.ca,
      auditLog: async () => (await readAuditLog(servers.auditFile)).filter(({ resource }) => resource !== ''),
      discoveryLog: async () => (await readAuditLog(servers.auditFile)).filter(({ resource }) => resource === ''),
      kubeconfigFor: (user) => writeServiceAccountKubeconfig(folder, servers, certificates, user),
      kubectl: (args, input = '') => runKubectl(binaries.kubectl, folder, processes, kubeconfigFile, args, input),
      request: servers.client.request,
      restartApiServer: servers.restart,
      compact: async () => {
        await compactEtcd(servers.etcdUrl);
        // What the server still remembers by itself would serve for minutes to come.
        await servers.restart();
      },
      stop: async () => {
        servers.client.close();
        await processes.close();
      },
    };
  } catch (error: unknown) {
    await processes.close();
    throw error;
  }
}

interface Servers {
  url: string;
  client: AdminClient;
  auditFile: string;
  etcdUrl: string;
  restart(): Promise<void>;
}

async function startServers(
  folder: string,
  processes: ClusterProcesses,
  binaries: ClusterBinaries,
  certificates: ClusterCertificates,
): Promise<Servers> {
  const auditFile = path.join(folder, 'audit.log');
  const auditPolicyFile = path.join(folder, 'audit-policy.yaml');
  await writeFile(auditPolicyFile, auditPolicy);
  await writeFile(auditFile, '');
  const [apiPort, etcdPort, peerPort] = await findFreePorts(3);
  const etcdUrl = `http://127.0.0.1:${etcdPort}`;
  const peerUrl = `http://127.0.0.1:${peerPort}`;
  const etcd = processes.start('etcd', binaries.etcd, [
    `--data-dir=${path.join(folder, 'etcd')}`,
    `--listen-client-urls=${etcdUrl}`,
    `--advertise-client-urls=${etcdUrl}`,
    `--listen-peer-urls=${peerUrl}`,
    `--initial-advertise-peer-urls=${peerUrl}`,
    `--initial-cluster=default=${peerUrl}`,
    '--unsafe-no-fsync',
    '--log-level=warn',
  ]);
  const url = `https://127.0.0.1:${apiPort}`;
  const client = createAdminClient(url, certificates.caCert, certificates.admin);
  const start = async (): Promise<ReturnType<ClusterProcesses['start']>> => {
    const server = processes.start('kube-apiserver', binaries.kubeApiserver, [
      `--etcd-servers=${etcdUrl}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      `--secure-port=${apiPort}`,
      // Loopback addresses are refused as endpoints of the service "kubernetes", which nobody uses here.
      '--endpoint-reconciler-type=none',
      '--service-cluster-ip-range=10.0.0.0/24',
      '--allow-privileged=true',
      '--profiling=false',
      '--authorization-mode=RBAC',
      `--client-ca-file=${certificates.files.ca}`,
      `--tls-cert-file=${certificates.files.serverCert}`,
      `--tls-private-key-file=${certificates.files.serverKey}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${certificates.files.serviceAccountPublicKey}`,
      `--service-account-signing-key-file=${certificates.files.serviceAccountKey}`,
      `--audit-policy-file=${auditPolicyFile}`,
      `--audit-log-path=${auditFile}`,
      '--audit-log-maxsize=0',
      '--shutdown-delay-duration=0s',
    ]);
    await waitUntilReady(client, server, etcd);
    return server;
  };
  let apiServer = await start();
  const restart = async (): Promise<void> => {
    // Without grace: a client has to survive a server that is simply gone.
    await apiServer.end(0);
    apiServer = await start();
  };
  return { url, client, auditFile, etcdUrl, restart };
}

async function waitUntilReady(
  client: AdminClient,
  ...servers: Array<ReturnType<ClusterProcesses['start']>>
): Promise<void> {
  const deadline = performance.now() + readyTimeoutMs;
  for (;;) {
    const answer = await client.request('GET', '/readyz').catch(() => undefined);
    if (answer?.status === 200) {
      return;
    }
    for (const server of servers) {
      if (server.exited() || performance.now() > deadline) {
        throw new Error(`The API server did not become ready:\n${servers.map((each) => each.logTail()).join('\n')}`);
      }
    }
    await sleep(pollIntervalMs);
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

async function readAuditLog(file: string): Promise<AuditEntry[]> {
  return parseAuditLog(await readFile(file, 'utf8'));
}

const tokenAnswer = z.object({ status: z.object({ token: z.string() }) });

async function writeServiceAccountKubeconfig(
  folder: string,
  servers: Servers,
  certificates: ClusterCertificates,
  user: { serviceAccount: string; namespace: string },
): Promise<string> {
  const accounts = `/api/v1/namespaces/${user.namespace}/serviceaccounts`;
  const present = await servers.client.request('GET', `${accounts}/${user.serviceAccount}`);
  if (present.status === 404) {
    await expectStatus(servers.client, 'POST', accounts, { metadata: { name: user.serviceAccount } });
  }
  const answer = await expectStatus(servers.client, 'POST', `${accounts}/${user.serviceAccount}/token`, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: 86_400 },
  });
  const file = path.join(folder, `${user.namespace}.${user.serviceAccount}.kubeconfig`);
  const { token } = tokenAnswer.parse(answer).status;
  return writeKubeconfig(file, servers.url, certificates.caCert, { token }, user.namespace);
}

async function writeKubeconfig(
  file: string,
  url: string,
  caCert: string,
  user: Record<string, string>,
  namespace = 'default',
): Promise<string> {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'cluster',
    clusters: [{ name: 'cluster', cluster: { server: url, 'certificate-authority-data': base64(caCert) } }],
    users: [{ name: 'user', user }],
    contexts: [{ name: 'cluster', context: { cluster: 'cluster', user: 'user', namespace } }],
  };
  await writeFile(file, stringify(config), { mode: 0o600 });
  return file;
}

function runKubectl(
  file: string,
  folder: string,
  processes: ClusterProcesses,
  kubeconfigFile: string,
  args: string[],
  input: string,
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, KUBECONFIG: kubeconfigFile, KUBECACHEDIR: path.join(folder, 'kubectl-cache') };
    const child = spawn(file, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    // A command may wait for ever; it must outlive neither its test nor its cluster.
    const limit = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`kubectl ${args.join(' ')} did not end in ${kubectlTimeoutMs / 1000} s: ${stderr}`));
    }, kubectlTimeoutMs);
    void processes.adopt(child);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    // A command that does not read its input closes the pipe; that is no failure.
    child.stdin.on('error', () => undefined);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(limit);
      resolve({ code: code ?? 1, stdout, stderr });
    });
    child.stdin.end(input);
  });
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
