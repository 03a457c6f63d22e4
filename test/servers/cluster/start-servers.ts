import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AdminClient, createAdminClient } from './admin-client.ts';
import { auditPolicy } from './audit-log.ts';
import type { ClusterBinaries } from './cluster-binaries.ts';
import type { ClusterCertificates } from './cluster-certificates.ts';
import { type ClusterProcess, type ClusterProcesses, findFreePorts } from './cluster-processes.ts';
import { EtcdServer } from './etcd-server.ts';

export interface ServersOptions {
  /** Everything that the servers keep goes there. */
  folder: string;
  processes: ClusterProcesses;
  binaries: Pick<ClusterBinaries, 'etcd' | 'kubeApiserver'>;
  certificates: ClusterCertificates;
  /** A free one where none is given. */
  apiPort?: number;
  /** How the API server is reached and whom it lets in; on loopback and by RBAC where nothing is given. */
  apiServerArgs?: readonly string[];
}

/** An API server with its etcd. */
export interface Servers {
  /** `https://127.0.0.1:<port>`. */
  url: string;
  client: AdminClient;
  auditFile: string;
  etcd: EtcdServer;
  /** The API server that runs at present. */
  apiServer(): ClusterProcess;
  /** Ends the API server without grace, and starts it again on the same port with the same data. */
  restart(): Promise<void>;
}

const readyTimeoutMs = 90_000;
const pollIntervalMs = 50;

const onLoopback = [
  '--bind-address=127.0.0.1',
  '--advertise-address=127.0.0.1',
  // Loopback addresses are refused as endpoints of the service "kubernetes", which nobody uses here.
  '--endpoint-reconciler-type=none',
  '--authorization-mode=RBAC',
];

/**
 * Starts etcd and kube-apiserver with an audit log, and waits until they are ready.
 * @throws with the end of their logs when they do not become ready.
 */
export async function startServers(options: ServersOptions): Promise<Servers> {
  const { folder, processes, binaries, certificates, apiServerArgs = onLoopback } = options;
  const auditFile = path.join(folder, 'audit.log');
  const auditPolicyFile = path.join(folder, 'audit-policy.yaml');
  await writeFile(auditPolicyFile, auditPolicy);
  await writeFile(auditFile, '');
  const [freePort, etcdPort, peerPort] = await findFreePorts(3);
  const apiPort = options.apiPort ?? freePort;
  const etcd = new EtcdServer(processes, binaries.etcd, folder, { client: etcdPort ?? 0, peer: peerPort ?? 0 });
  const url = `https://127.0.0.1:${apiPort}`;
  const client = createAdminClient(url, certificates.caCert, certificates.admin);
  const start = async (): Promise<ClusterProcess> => {
    const server = processes.start('kube-apiserver', binaries.kubeApiserver, [
      `--etcd-servers=${etcd.url}`,
      `--secure-port=${apiPort}`,
      '--service-cluster-ip-range=10.0.0.0/24',
      '--allow-privileged=true',
      '--profiling=false',
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
      ...apiServerArgs,
    ]);
    await waitUntilReady(client, server, etcd.process);
    return server;
  };
  let apiServer = await start();
  const restart = async (): Promise<void> => {
    // Without grace: a client has to survive a server that is simply gone.
    await apiServer.end(0);
    apiServer = await start();
  };
  return { url, client, auditFile, etcd, apiServer: () => apiServer, restart };
}

async function waitUntilReady(client: AdminClient, ...servers: ClusterProcess[]): Promise<void> {
  const deadline = performance.now() + readyTimeoutMs;
  for (;;) {
    const answer = await client.request('GET', '/readyz').catch(() => undefined);
    if (answer?.status === 200) {
      return;
    }
    for (const server of servers) {
      if (server.hasExited() || performance.now() > deadline) {
        throw new Error(`The API server did not become ready:\n${servers.map((each) => each.logTail()).join('\n')}`);
      }
    }
    await sleep(pollIntervalMs);
  }
}
