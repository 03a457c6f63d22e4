import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { CertifiedKey } from '../../data/builders/key-pairs.ts';
import { type ClusterCertificates, createClusterCertificates } from '../cluster/cluster-certificates.ts';
import { type ClusterProcess, ClusterProcesses } from '../cluster/cluster-processes.ts';
import { type Servers, startServers } from '../cluster/start-servers.ts';
import { writeKubeconfig } from '../kube-api/kubeconfig.ts';
import { makeCgroups } from './cgroups.ts';
import {
  createdPlaces,
  hostNetworkVariable,
  type NodePaths,
  nodeFolderPrefix,
  toKubeletConfig,
  toNodePaths,
} from './node-configuration.ts';
import { nodeNetwork, toNetworkCommands } from './node-network.ts';
import type { NodePrograms } from './node-programs.ts';
import { type NodeImage, startContainerd } from './start-containerd.ts';

const run = promisify(execFile);

/** What tests need to reach a node that another process has started; plain data. */
export interface NodeHandle {
  /** With the log of each part: `<part>.log`. */
  folder: string;
  /** Of an administrator. */
  kubeconfigFile: string;
  /** PEM file of the authority of the API server's certificate. */
  caFile: string;
  /** PEM files of that certificate and its key, for what stands in the API server's place. */
  serverFiles: { cert: string; key: string };
  /** What the API server was asked, in its own form. */
  auditFile: string;
  /** The program. */
  kubectl: string;
}

export interface RunningNode extends NodeHandle {
  stop(): Promise<void>;
}

export interface NodeOptions {
  programs: NodePrograms;
  /** Folder of the plugins `bridge`, `host-local` and `loopback`. */
  cniPlugins: string;
  images: readonly NodeImage[];
}

const nodeName = 'node';
const readyTimeoutMs = 120_000;
const pollIntervalMs = 100;

/**
 * Starts a whole cluster of one node in the namespaces of this process: etcd, API server, controllers, scheduler,
 * containerd and kubelet, with the namespaces kyma-system and istio-system. etcd, API server and kubelet come back when
 * they are killed, as under a service manager.
 * @throws where it does not become ready, with the ends of the logs.
 */
export async function startNode({ programs, cniPlugins, images }: NodeOptions): Promise<RunningNode> {
  await refuseHostNetwork();
  const folder = await mkdtemp(path.join(tmpdir(), nodeFolderPrefix));
  const paths = toNodePaths(folder);
  const processes = new ClusterProcesses(folder);
  let isStopping = false;
  const stop = async (): Promise<void> => {
    isStopping = true;
    await processes.close();
  };
  try {
    await prepareMachine(paths);
    const certificates = await createClusterCertificates(folder, [nodeNetwork.address, nodeNetwork.apiService]);
    const [servers] = await Promise.all([
      startApi(folder, processes, programs, certificates),
      startContainerd({ paths, processes, programs, cniPlugins, images }),
    ]);
    const parts: Parts = { paths, processes, programs, certificates, servers };
    const isOver = () => isStopping;
    void keepRunning(
      () => servers.etcd.process,
      async () => servers.etcd.start(),
      isOver,
    );
    void keepRunning(servers.apiServer, servers.restart, isOver);
    await startControllers(parts);
    await prepareNamespaces(servers);
    let kubelet = await startKubelet(parts);
    const restartKubelet = async (): Promise<void> => {
      kubelet = await startKubelet(parts);
    };
    void keepRunning(() => kubelet, restartKubelet, isOver);
    await waitUntilNodeReady(servers, kubelet);
    servers.client.close();
    const kubeconfigFile = await writeUser(parts, 'admin', certificates.admin);
    const { auditFile } = servers;
    const { ca: caFile, serverCert: cert, serverKey: key } = certificates.files;
    const serverFiles = { cert, key };
    return { folder, kubeconfigFile, caFile, serverFiles, auditFile, kubectl: programs.kubectl, stop };
  } catch (error: unknown) {
    await stop();
    throw error;
  }
}

interface Parts {
  paths: NodePaths;
  processes: ClusterProcesses;
  programs: NodePrograms;
  certificates: ClusterCertificates;
  servers: Servers;
}

/** @throws in the network of the machine, which would be changed. */
async function refuseHostNetwork(): Promise<void> {
  const host = process.env[hostNetworkVariable];
  if (host === undefined || host === (await readlink('/proc/self/ns/net'))) {
    throw new Error('A node needs namespaces of its own: start it by "npm run test:node".');
  }
}

/** Everything that programs write to fixed places of the machine goes to memory, and is gone with the namespaces. */
async function prepareMachine({ folder, cgroup }: NodePaths): Promise<void> {
  for (const place of ['/run', '/var/log', ...createdPlaces]) {
    await mkdir(place, { recursive: true });
    await run('mount', ['-t', 'tmpfs', 'tmpfs', place]);
  }
  for (const command of toNetworkCommands()) await run('ip', command);
  await makeCgroups(cgroup);
  // Pods have nobody to ask for names.
  await writeFile(path.join(folder, 'resolv.conf'), '');
}

async function startApi(
  folder: string,
  processes: ClusterProcesses,
  binaries: NodePrograms,
  certificates: ClusterCertificates,
): Promise<Servers> {
  const client = await certificates.issueClient('O=system:masters, CN=kube-apiserver-kubelet-client');
  const [cert, key] = [path.join(folder, 'kubelet-client.crt'), path.join(folder, 'kubelet-client.key')];
  await Promise.all([writeFile(cert, client.cert), writeFile(key, client.key, { mode: 0o600 })]);
  const apiServerArgs = [
    '--bind-address=0.0.0.0',
    // A test may listen on the service's own address, and so stand between pods and API server.
    '--permit-port-sharing',
    `--advertise-address=${nodeNetwork.address}`,
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    `--kubelet-client-certificate=${cert}`,
    `--kubelet-client-key=${key}`,
    '--kubelet-preferred-address-types=InternalIP',
  ];
  return startServers({ folder, processes, binaries, certificates, apiPort: nodeNetwork.apiPort, apiServerArgs });
}

async function keepRunning(
  current: () => ClusterProcess,
  again: () => Promise<void>,
  isStopping: () => boolean,
): Promise<void> {
  for (;;) {
    await current().exited;
    if (isStopping()) return;
    await again();
  }
}

async function startControllers(parts: Parts): Promise<void> {
  const { processes, programs, certificates } = parts;
  const scheduler = await certificates.issueClient('CN=system:kube-scheduler');
  processes.start('kube-controller-manager', programs.kubeControllerManager, [
    `--kubeconfig=${await writeUser(parts, 'kube-controller-manager', certificates.controllerManager)}`,
    `--service-account-private-key-file=${certificates.files.serviceAccountKey}`,
    `--root-ca-file=${certificates.files.ca}`,
    '--leader-elect=false',
    '--profiling=false',
  ]);
  processes.start('kube-scheduler', programs.kubeScheduler, [
    `--kubeconfig=${await writeUser(parts, 'kube-scheduler', scheduler)}`,
    '--leader-elect=false',
    '--profiling=false',
  ]);
}

async function startKubelet(parts: Parts): Promise<ClusterProcess> {
  const { paths, processes, programs, certificates } = parts;
  const { folder } = paths;
  const config = path.join(folder, 'kubelet.yaml');
  const user = await certificates.issueClient(`O=system:nodes, CN=system:node:${nodeName}`);
  await writeFile(config, toKubeletConfig(paths, certificates.files.ca));
  return processes.start('kubelet', programs.kubelet, [
    `--config=${config}`,
    `--kubeconfig=${await writeUser(parts, 'kubelet', user)}`,
    `--root-dir=${path.join(folder, 'kubelet')}`,
    `--cert-dir=${path.join(folder, 'kubelet-pki')}`,
    `--hostname-override=${nodeName}`,
    `--node-ip=${nodeNetwork.address}`,
  ]);
}

async function writeUser({ paths, servers, certificates }: Parts, name: string, certificate: CertifiedKey) {
  const file = path.join(paths.folder, `${name}.kubeconfig`);
  await writeKubeconfig(file, { url: servers.url, ca: certificates.caCert }, { certificate });
  return file;
}

async function prepareNamespaces({ client }: Servers): Promise<void> {
  for (const name of ['kyma-system', 'istio-system']) {
    const { status, body } = await client.request('POST', '/api/v1/namespaces', { metadata: { name } });
    if (status !== 201) throw new Error(`The namespace ${name} was refused: ${JSON.stringify(body)}`);
  }
}

const nodeSchema = z.object({
  status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]) }),
});

async function waitUntilNodeReady({ client }: Servers, kubelet: ClusterProcess): Promise<void> {
  const endMs = performance.now() + readyTimeoutMs;
  for (;;) {
    const answer = await client.request('GET', `/api/v1/nodes/${nodeName}`).catch(() => undefined);
    const conditions = answer?.status === 200 ? nodeSchema.parse(answer.body).status.conditions : [];
    if (conditions.some(({ type, status }) => type === 'Ready' && status === 'True')) return;
    if (kubelet.hasExited() || performance.now() > endMs) {
      throw new Error(`The node did not become ready: ${JSON.stringify(conditions)}\n${kubelet.logTail()}`);
    }
    await sleep(pollIntervalMs);
  }
}
