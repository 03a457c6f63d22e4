import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, inject } from 'vitest';
import { type AuditEntry, readAuditLog } from '../../servers/cluster/audit-log.ts';
import {
  type ClusterClient,
  connectionPath,
  createClusterClient,
  type StoredConnection,
} from '../../servers/cluster/create-cluster-client.ts';
import { type CommandResult, createKubectl, type Kubectl } from '../../servers/cluster/create-kubectl.ts';
import { toAgentEntries } from '../../servers/cluster/used-rights.ts';
import { createKubeHttp, type KubeHttp } from '../../servers/kube-api/kube-http.ts';
import { nodeNetwork } from '../../servers/node/node-network.ts';
import type { NodeHandle } from '../../servers/node/start-node.ts';
import { startUcl, type Ucl } from '../../servers/ucl/start-ucl.ts';
import { conditionOf } from '../e2e/start-stage.ts';
import { findDifferences } from '../faults/find-differences.ts';
import { type AgentPod, parsePods } from './kube-pods.ts';
import { runCommands } from './run-commands.ts';
import { writeOverlay } from './write-overlay.ts';

export const namespace = ['-n', 'kyma-system'] as const;
export const deployment = 'deployment/compass-runtime-agent';
const label = ['-l', 'app=compass-runtime-agent'] as const;

interface Running {
  readonly node: NodeHandle;
  readonly ucl: Ucl;
  readonly kube: ClusterClient;
  readonly kubectl: Kubectl;
  readonly admin: KubeHttp;
  /** Holds `manifests/` and the overlay `my-cluster/`. */
  readonly folder: string;
  /** How many requests the API server had logged before: pods of other files, some of which may not use the Lease. */
  readonly logged: number;
}

/**
 * The agent in a pod of the shared node, and a UCL of the file's own that the pod reaches. Call it once, outside of any
 * test. After the file nothing of the agent is left on the node.
 * @param settings of the agent that the file needs to be others than those that are shipped, by their variables.
 */
export function useAgentPod(settings: Readonly<Record<string, string>> = {}): AgentPodStage {
  let running: Running | undefined;
  const stage = new AgentPodStage(() => {
    if (running === undefined) throw new Error('The stage is there within tests and their hooks alone.');
    return running;
  });
  beforeAll(async () => {
    const node = inject('node');
    const [ucl, folder, kube, admin, log] = await Promise.all([
      startUcl({ address: nodeNetwork.address }),
      // It goes with the node.
      mkdtemp(path.join(node.folder, 'installation-')),
      createClusterClient(node.kubeconfigFile),
      createKubeHttp(node.kubeconfigFile),
      readAuditLog(node.auditFile),
    ]);
    await writeOverlay(folder, await readFile(ucl.caFile, 'utf8'), settings);
    const { kubectl: file, kubeconfigFile } = node;
    const logged = log.length;
    running = { node, ucl, kube, admin, folder, logged, kubectl: createKubectl({ file, kubeconfigFile, folder }) };
  });
  afterEach(async ({ task }) => {
    // Its pod is gone when somebody looks.
    if (task.result?.state === 'fail') console.error(await stage.describe());
  });
  afterAll(async () => {
    await stage.remove();
    running?.kube.close();
    running?.admin.close();
    await running?.ucl.stop();
  });
  return stage;
}

export class AgentPodStage {
  readonly #running: () => Running;

  constructor(running: () => Running) {
    this.#running = running;
  }

  get ucl(): Ucl {
    return this.#running().ucl;
  }

  get node(): NodeHandle {
    return this.#running().node;
  }

  get kube(): ClusterClient {
    return this.#running().kube;
  }

  get cluster(): { readonly kubeconfigFile: string } {
    return this.#running().node;
  }

  /** Where {@link shell} runs: holds `manifests/` and the overlay `my-cluster/`. */
  get folder(): string {
    return this.#running().folder;
  }

  issueToken(runtimeId: string): string {
    return this.ucl.landscape.requestOneTimeToken(runtimeId).token;
  }

  /** What kubectl printed. Throws where it fails. */
  async kubectl(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.tryKubectl(...args);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}: ${stderr}`);
    return stdout;
  }

  tryKubectl(...args: string[]): Promise<CommandResult> {
    return this.#running().kubectl(args);
  }

  /** Runs commands as a person does, in a folder that holds `manifests/`. Throws where one fails. */
  shell(commands: string): Promise<string> {
    const { node, folder } = this.#running();
    return runCommands(node, folder, commands);
  }

  /** Installs the agent by the overlay, or puts back what differs from it. Returns at once. */
  async apply(): Promise<void> {
    await this.shell('kubectl apply -k manifests/crds');
    await this.shell('kubectl apply -k my-cluster');
  }

  /** Writes the configuration Secret with a fresh one-time token unless another is given. */
  async configure(runtimeId: string, changes: Readonly<Record<string, string>> = {}): Promise<void> {
    const { ucl, kube } = this.#running();
    await kube.writeSecret('compass-agent-configuration', {
      CONNECTOR_URL: ucl.connectorUrl,
      RUNTIME_ID: runtimeId,
      TENANT: ucl.landscape.tenantId,
      TOKEN: changes.TOKEN ?? this.issueToken(runtimeId),
      ...changes,
    });
  }

  /** Waits until the Deployment is rolled out: its pod is there, Ready, and no other one is. */
  async rolledOut(): Promise<void> {
    // Where the node copies the image for each container, that takes a minute and more on a busy machine.
    await this.shell(`kubectl rollout status ${deployment} ${namespace.join(' ')} --timeout=200s`);
  }

  async pods(): Promise<AgentPod[]> {
    return parsePods(await this.kubectl('get', 'pods', ...namespace, ...label, '-o', 'json'));
  }

  /** The one pod, once its container is Ready and nothing else is there. */
  readyPod(): Promise<AgentPod & { container: NonNullable<AgentPod['container']> }> {
    return this.until('one pod is there, and Ready', async () => {
      const [pod, ...others] = await this.pods();
      if (pod?.container === undefined || others.length > 0) return undefined;
      return pod.container.ready && !pod.isTerminating ? { ...pod, container: pod.container } : undefined;
    });
  }

  async noPod(): Promise<void> {
    await this.until('no pod is there', async () => ((await this.pods()).length === 0 ? true : undefined));
  }

  /** Waits until everything in UCL is in the cluster. */
  synchronized(): Promise<StoredConnection> {
    return this.condition('Synchronized', 'True/Synchronized');
  }

  /** Waits until a condition of the CompassConnection is as told: `True/Synchronized`. */
  condition(type: string, state: string): Promise<StoredConnection> {
    return this.until(`the condition ${type} is ${state}`, async () => {
      const found = await this.kube.connection();
      return found !== undefined && conditionOf(found, type) === state ? found : undefined;
    });
  }

  /** Asks for a sync. Gives what the echo will be. */
  async requestSync(): Promise<string> {
    const token = randomUUID();
    const annotations = { 'compass.kyma-project.io/sync-requested-at': token };
    await this.kube.patch(`${connectionPath}/compass-connection`, { metadata: { annotations } });
    return token;
  }

  /** Asks for a sync and waits for the echo. */
  async sync(): Promise<StoredConnection> {
    const token = await this.requestSync();
    return this.until('the request for a sync is echoed', async () => {
      const found = await this.kube.connection();
      return found?.status?.lastHandledSyncRequest === token ? found : undefined;
    });
  }

  /** What the kubelet counted of probes of the agent's pods that failed: lines of its metrics. */
  async failedProbes(): Promise<string[]> {
    const metrics = await this.kubectl('get', '--raw', '/api/v1/nodes/node/proxy/metrics/probes');
    return metrics
      .split('\n')
      .filter((line) => line.startsWith('prober_probe_total') && line.includes('"compass-runtime-agent"'))
      .filter((line) => !line.includes('result="successful"') && !line.endsWith(' 0'));
  }

  /** What the agents of this file have asked of the API server, by its log. */
  async agentLog(): Promise<AuditEntry[]> {
    const { node, logged } = this.#running();
    return toAgentEntries((await readAuditLog(node.auditFile)).slice(logged));
  }

  /** Compares every object of the agent with what UCL has for the runtime: one line for each difference. */
  differences(runtimeId: string): Promise<string[]> {
    const { admin, ucl } = this.#running();
    return findDifferences(admin, ucl.landscape, runtimeId);
  }

  /** Waits until the probe gives something. The limit is there so that a broken test ends, and says what there was. */
  async until<T>(what: string, probe: () => Promise<T | undefined>, limitMs = 90_000): Promise<T> {
    const endMs = performance.now() + limitMs;
    for (;;) {
      const found = await probe();
      if (found !== undefined) return found;
      if (performance.now() > endMs) throw new Error(`Not within ${limitMs} ms: ${what}\n${await this.describe()}`);
      await sleep(100);
    }
  }

  /** Takes the agent off the node with all that it made and all that installed it. */
  async remove(): Promise<void> {
    const { kube, ucl } = this.#running();
    await this.kubectl('delete', deployment, ...namespace, '--ignore-not-found');
    await this.noPod();
    await kube.clean();
    await this.shell('kubectl delete -k my-cluster --ignore-not-found');
    await this.shell('kubectl delete -k manifests/crds --ignore-not-found');
    ucl.landscape.clear();
    ucl.faults.clear();
    ucl.requests.clear();
  }

  /** What there is to see of the agent and its pod, for who looks into a failure. */
  async describe(): Promise<string> {
    const connection = await this.kube.connection().catch(() => undefined);
    const shown = await Promise.all([
      // Its annotations say whether a request was stored at all.
      this.tryKubectl('get', 'compassconnection', 'compass-connection', '-o', 'jsonpath={.metadata}'),
      this.tryKubectl('describe', 'pods', ...namespace, ...label),
      this.tryKubectl('logs', ...namespace, ...label, '--prefix', '--tail=30', '--ignore-errors'),
    ]);
    const log = await readFile(path.join(this.node.folder, 'kubelet.log'), 'utf8');
    return [
      `Status: ${JSON.stringify(connection?.status ?? 'none', undefined, 1)}`,
      ...shown.map(({ stdout, stderr }) => `${stdout}${stderr}`),
      ...log.split('\n').slice(-12),
    ].join('\n');
  }
}
