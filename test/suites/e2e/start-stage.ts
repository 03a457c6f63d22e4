import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { buildAgent } from '../../programs/agent/build-agent.ts';
import { type AgentProcess, startProcess } from '../../programs/agent/start-agent-process.ts';
import {
  type ClusterClient,
  connectionPath,
  createClusterClient,
  type StoredApplication,
  type StoredConnection,
} from '../../servers/cluster/create-cluster-client.ts';
import {
  startTestCluster,
  type TestCluster,
  type TestClusterOptions,
} from '../../servers/cluster/start-test-cluster.ts';
import { type FaultProxy, startFaultProxy } from '../../servers/fault-proxy/start-fault-proxy.ts';
import type { ApplicationInput } from '../../servers/ucl/landscape-types.ts';
import { startUcl, type Ucl, type UclOptions } from '../../servers/ucl/start-ucl.ts';
import { expectNoSecretShown } from './expect-no-secret-shown.ts';

/**
 * UCL, a Kubernetes API and the agent as a process. One stage serves a file; each test finds it empty and starts the
 * agent itself, and leaves it without a secret in any place that people look at.
 */

const configurationSecret = { namespace: 'kyma-system', name: 'compass-agent-configuration' };
export const formation = 'end-to-end';

/** Only what a test triggers happens: the schedule is far away, and all pauses are short. */
const quickSettings = {
  APP_LOG_FORMAT: 'json',
  APP_HEALTH_PORT: '0',
  APP_CERT_KEY_SIZE: '2048',
  APP_SYNC_SCHEDULE: '0 0 1 1 *',
  APP_FOLLOW_UP_DELAYS: 'none',
  APP_MINIMAL_COMPASS_SYNC_TIME: '200ms',
  APP_PAIRING_RETRY_DELAYS: '100ms,200ms',
  // One pod, whose container starts again: what a process leaves that was killed is at once the next one's.
  POD_NAME: 'ucl-agent-1',
} as const;

interface Running {
  readonly ucl: Ucl;
  readonly cluster: TestCluster;
  readonly proxy: FaultProxy;
  readonly kube: ClusterClient;
  readonly program: string;
}

/** Starts a stage for the file that calls this; call it once, outside of any test. */
export function useStage(options: TestClusterOptions = {}, uclOptions: UclOptions = {}): Stage {
  let running: Running | undefined;
  const stage = new Stage(() => {
    if (running === undefined) throw new Error('The stage is there within tests and their hooks alone.');
    return running;
  });
  beforeAll(async () => {
    const [program, ucl, cluster] = await Promise.all([buildAgent(), startUcl(uclOptions), startTestCluster(options)]);
    const proxy = await startFaultProxy({ kubeconfigFile: cluster.agentKubeconfigFile });
    running = { program, ucl, cluster, proxy, kube: await createClusterClient(cluster.kubeconfigFile) };
  });
  afterEach(() => stage.clear());
  afterAll(async () => {
    running?.kube.close();
    await Promise.all([running?.ucl.stop(), running?.proxy.stop()]);
    await running?.cluster.stop();
  });
  return stage;
}

export class Stage {
  readonly #running: () => Running;
  readonly #agents: AgentProcess[] = [];
  readonly #tokens = new Set<string>();

  constructor(running: () => Running) {
    this.#running = running;
  }

  get ucl(): Ucl {
    return this.#running().ucl;
  }

  get cluster(): TestCluster {
    return this.#running().cluster;
  }

  /** Between the agent and the Kubernetes API, whichever that is: faults, and a log of the agent's requests alone. */
  get proxy(): FaultProxy {
    return this.#running().proxy;
  }

  get kube(): ClusterClient {
    return this.#running().kube;
  }

  /** The file with the built agent. */
  get program(): string {
    return this.#running().program;
  }

  /** What all agents of this test have written. */
  get output(): string {
    return this.#agents.map((agent) => agent.output()).join('\n');
  }

  /** Registers a runtime in the formation that {@link addSystem} assigns to. */
  addRuntime(): string {
    const { landscape } = this.ucl;
    if (landscape.findFormation(formation) === undefined) landscape.createFormation(formation);
    const { id } = landscape.registerRuntime();
    landscape.assign(id, 'RUNTIME', formation);
    return id;
  }

  /** Registers a system and assigns it; the name of its Application is `mp-` and the name in lower case. */
  addSystem(input: ApplicationInput): string {
    const { id } = this.ucl.landscape.registerApplication(input);
    this.ucl.landscape.assign(id, 'APPLICATION', formation);
    return id;
  }

  /** Registers systems with one bundle each: Basic credentials and one API. */
  addSystems(names: readonly string[]): string[] {
    return names.map((name) => this.addSystem(toSystem(name)));
  }

  leaveFormation(ids: readonly string[]): void {
    for (const id of ids) this.ucl.landscape.unassign(id, 'APPLICATION', formation);
  }

  issueToken(runtimeId: string): string {
    const { token } = this.ucl.landscape.requestOneTimeToken(runtimeId);
    this.#tokens.add(token);
    return token;
  }

  /** Writes the configuration Secret for this runtime, with a fresh token unless another is given. */
  async configure(
    runtimeId: string,
    changes: Readonly<Record<string, string>> = {},
    { namespace, name } = configurationSecret,
  ): Promise<void> {
    const values = {
      CONNECTOR_URL: this.ucl.connectorUrl,
      RUNTIME_ID: runtimeId,
      TENANT: this.ucl.landscape.tenantId,
      TOKEN: changes.TOKEN ?? this.issueToken(runtimeId),
      ...changes,
    };
    await this.kube.writeSecret(name, values, namespace);
  }

  /**
   * @param nodeOptions for a test that loads something into the process.
   * @param wrap for one that starts it by another program.
   */
  startAgent(
    settings: Readonly<Record<string, string>> = {},
    nodeOptions: readonly string[] = [],
    wrap: (command: readonly string[]) => readonly string[] = (command) => command,
  ): AgentProcess {
    return this.run(wrap([process.execPath, ...nodeOptions, this.program, 'run']), {
      ...quickSettings,
      KUBECONFIG: this.proxy.kubeconfigFile,
      NODE_EXTRA_CA_CERTS: this.ucl.caFile,
      ...settings,
    });
  }

  /** Starts the agent by this command, with this environment and no other variables but PATH. */
  run(command: readonly string[], env: Readonly<Record<string, string>>): AgentProcess {
    const agent = startProcess(command, env);
    this.#agents.push(agent);
    return agent;
  }

  /** A runtime that has these systems, and an agent that is paired and has synchronised. */
  async connect(systems: readonly string[], settings: Readonly<Record<string, string>> = {}) {
    const runtimeId = this.addRuntime();
    const ids = this.addSystems(systems);
    await this.configure(runtimeId);
    const agent = this.startAgent(settings);
    const connection = await this.synchronized();
    return { runtimeId, ids, agent, connection };
  }

  /** Waits until everything in UCL is in the cluster. */
  synchronized(): Promise<StoredConnection> {
    return this.connection('is synchronised', (found) => conditionOf(found, 'Synchronized') === 'True/Synchronized');
  }

  /** Waits until a condition of the CompassConnection is as told: `True/Synchronized`. */
  condition(type: string, state: string): Promise<StoredConnection> {
    return this.connection(`has ${type} ${state}`, (found) => conditionOf(found, type) === state);
  }

  /** Waits for a CompassConnection that is so. */
  connection(what: string, isSo: (connection: StoredConnection) => boolean): Promise<StoredConnection> {
    return this.until(`the CompassConnection ${what}`, async () => {
      const found = await this.kube.connection();
      return found !== undefined && isSo(found) ? found : undefined;
    });
  }

  /** Waits for exactly these Applications. */
  applications(names: readonly string[]): Promise<StoredApplication[]> {
    const wanted = [...names].sort();
    return this.until(`the Applications are ${wanted.join(', ')}`, async () => {
      const found = await this.kube.applications();
      const present = found.map(({ metadata }) => metadata.name).sort();
      return JSON.stringify(present) === JSON.stringify(wanted) ? found : undefined;
    });
  }

  /** Waits until an Event tells each of these reasons: Events are written after the status that they tell of. */
  events(reasons: readonly string[]): Promise<true> {
    return this.until(`Events tell ${reasons.join(', ')}`, async () => {
      const told = new Set((await this.kube.events()).map(({ reason }) => reason));
      return reasons.every((reason) => told.has(reason)) || undefined;
    });
  }

  /** Waits until the probe gives something. The limit is there so that a broken test ends, and says what there was. */
  async until<T>(what: string, probe: () => T | undefined | Promise<T | undefined>, limitMs = 40_000): Promise<T> {
    const endMs = performance.now() + limitMs;
    for (;;) {
      const found = await probe();
      if (found !== undefined && found !== false) return found;
      if (performance.now() > endMs) throw new Error(`Not within ${limitMs} ms: ${what}\n${await this.#describe()}`);
      await sleep(20);
    }
  }

  /** Asks for a sync and waits for the echo: the CompassConnection after it. */
  async sync(): Promise<StoredConnection> {
    const token = await this.requestSync();
    const echoed = await this.connection('echoes the request', (found) => {
      return found.status?.lastHandledSyncRequest === token;
    });
    // What is written can be read before its answer is here, and with it the request in the proxy's list.
    const isTelling = () => [...this.proxy.underWay].some(({ subresource }) => subresource === 'status');
    await this.until('the status has its answer', () => !isTelling() || undefined);
    return echoed;
  }

  async requestSync(): Promise<string> {
    const token = randomUUID();
    await this.annotate({ 'compass.kyma-project.io/sync-requested-at': token });
    return token;
  }

  /** Sets annotations of the CompassConnection; null removes. */
  async annotate(annotations: Readonly<Record<string, string | null>>): Promise<void> {
    await this.kube.patch(`${connectionPath}/compass-connection`, { metadata: { annotations } });
  }

  /** What the agent has written since the requests were cleared, Events and Lease left out: `update secrets`. */
  writes(): string[] {
    return this.proxy.requests
      .all()
      .filter(
        ({ verb, resource }) =>
          !['get', 'list', 'watch'].includes(verb) && resource !== 'events' && resource !== 'leases',
      )
      .map(
        ({ verb, resource, subresource }) => `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}`,
      );
  }

  /** Forgets the requests so far, those to UCL and those to the Kubernetes API. */
  forgetRequests(): void {
    this.ucl.requests.clear();
    this.proxy.requests.clear();
  }

  /** Ends the agents, looks for secrets where none may stand, and empties everything. */
  async clear(): Promise<void> {
    await Promise.all(this.#agents.filter((agent) => !agent.hasEnded()).map((agent) => agent.kill()));
    const { ucl, kube, proxy } = this.#running();
    try {
      await expectNoSecretShown(ucl, kube, this.output, this.#tokens);
    } finally {
      this.#agents.length = 0;
      this.#tokens.clear();
      ucl.faults.clear();
      proxy.faults.clear();
      ucl.landscape.clear();
      await kube.clean();
      this.forgetRequests();
    }
  }

  async #describe(): Promise<string> {
    const connection = await this.kube.connection();
    const log = this.output.split('\n').slice(-12).join('\n');
    return `Status: ${JSON.stringify(connection?.status ?? 'none', undefined, 1)}\nLog:\n${log}`;
  }
}

/** `status/reason` of a condition; undefined where there is none. */
export function conditionOf(connection: StoredConnection, type: string): string | undefined {
  const found = connection.status?.conditions.find((condition) => condition.type === type);
  return found && `${found.status}/${found.reason}`;
}

/** A system with one bundle: Basic credentials and one API. */
export function toSystem(name: string): ApplicationInput {
  const host = `${name.toLowerCase().replaceAll(' ', '-')}.example.test`;
  return {
    name,
    providerName: 'SAP',
    bundles: [
      {
        name: 'Orders',
        defaultInstanceAuth: { credential: { basic: { username: `user-of-${host}`, password: `secret-of-${host}` } } },
        apis: [{ name: 'Order API', targetURL: `https://${host}/orders` }],
      },
    ],
  };
}
