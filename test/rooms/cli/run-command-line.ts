import type { AgentSide } from '../../../agent/cli/agent-side.ts';
import type { CliEdge, Paint } from '../../../agent/cli/cli-edge.ts';
import type { ClusterView } from '../../../agent/cli/cluster-view.ts';
import { runCli } from '../../../agent/cli/run-cli.ts';
import type { CompassConnection } from '../../../agent/domain/connection.ts';
import type { ConnectionStatus } from '../../../agent/domain/connection-status.ts';
import type { ConnectionStore } from '../../../agent/reconcile/ports.ts';
import { aConnection } from '../../data/builders/kubernetes-objects.ts';
import { idleCliEdge } from '../../data/fakes/idle-cli-edge.ts';

export const start = Date.parse('2026-11-22T17:13:35Z');
export const at = (offsetSeconds: number) => new Date(start + offsetSeconds * 1000).toISOString().replace('.000Z', 'Z');

/** As the Go agent leaves it. */
export const legacyStatus: ConnectionStatus = {
  connectionState: 'Synchronized',
  connectionStatus: {
    certificateStatus: { acquired: at(-240), notAfter: '2027-02-20T17:09:37Z', notBefore: at(-238) },
    established: at(-238),
    lastSuccess: at(-180),
    lastSync: at(-180),
    renewed: null,
  },
  synchronizationStatus: { lastAttempt: at(-180), lastSuccessfulApplication: at(-180), lastSuccessfulFetch: at(-180) },
};

export const connectedStatus: ConnectionStatus = {
  ...legacyStatus,
  runtimeId: '5b0c7d3e-1111-4222-8333-944445555666',
  conditions: [
    {
      type: 'Ready',
      status: 'True',
      reason: 'Synchronized',
      message: 'Connected to UCL, and the last read was complete.',
      lastTransitionTime: at(-7200),
    },
    {
      type: 'Synchronized',
      status: 'False',
      reason: 'ApplicationsFailed',
      message: '1 of 10 systems failed.',
      lastTransitionTime: at(-180),
    },
  ],
  certificate: { notBefore: at(-238), notAfter: '2027-02-20T17:09:37Z', renewAt: '2027-01-24T17:09:37Z' },
  applications: { desired: 10, ready: 9, failed: 1, summary: '9/10' },
  failures: [
    {
      applicationId: 'a-1',
      name: 'Shop\u001b[2J',
      reason: 'UnsupportedCredential',
      message: 'The gateway cannot use it.',
    },
  ],
  failuresTotal: 3,
  lastSync: at(-30),
  lastSyncTrigger: 'schedule',
  nextSync: at(25),
};

export function connectionWith(changes: Parameters<typeof aConnection>[0] = {}): CompassConnection {
  const managementInfo = { directorUrl: 'https://director.example.test/graphql', connectorUrl: 'https://connector' };
  return aConnection({ spec: { managementInfo }, status: connectedStatus, ...changes });
}

/** Nothing but the connection is there. */
const emptyCluster: Omit<ClusterView, 'connection'> = {
  listApplications: async () => [],
  readApplication: async () => undefined,
  readSecret: async () => undefined,
  listAgentPods: async () => [],
  countReadyAddresses: async () => undefined,
  listServed: async () => [],
  mayServiceAccount: async () => false,
  readClockDifference: async () => undefined,
  isServiceAccount: false,
  readLog: async function* () {},
  runInPod: () => Promise.reject(new Error('not used')),
};

interface Setup {
  connection?: CompassConnection | undefined;
  /** Called at each read with the number of reads so far; may change or throw. */
  onRead?: (connection: CompassConnection, reads: number) => CompassConnection;
  openError?: Error;
  /** The person has given up. */
  interrupt?: AbortSignal;
  env?: Record<string, string>;
  paint?: Paint;
  isTerminal?: boolean;
  probe?: CliEdge['probe'];
  cluster?: Partial<ClusterView>;
  agentSide?: Partial<AgentSide>;
  openAgentSide?: CliEdge['openAgentSide'];
  /** Called before each pause with the number of pauses so far. */
  onDelay?: (pauses: number) => void;
}

function toOpenAgentSide({ openAgentSide, agentSide }: Setup): CliEdge['openAgentSide'] {
  const unused = () => Promise.reject(new Error('not used'));
  return openAgentSide ?? (async () => ({ foresee: unused, tryWrites: unused, close: () => undefined, ...agentSide }));
}

/** Runs one command line on a cluster in memory, whose clock moves by what is waited for. */
export async function runCommandLine(args: string[], setup: Setup = {}) {
  const output = {
    ...{ stdout: '', stderr: '' },
    ...{ runs: [] as unknown[], opened: [] as unknown[], updates: [] as unknown[], defects: [] as unknown[] },
  };
  let nowMs = start;
  let [reads, pauses] = [0, 0];
  let connection = 'connection' in setup ? setup.connection : connectionWith();
  const unused = () => Promise.reject(new Error('not used'));
  const store: ConnectionStore = {
    async read() {
      reads += 1;
      if (connection !== undefined && setup.onRead !== undefined) connection = setup.onRead(connection, reads);
      return connection;
    },
    async update(change) {
      output.updates.push(change);
      const present = connection ?? connectionWith();
      const changed: Record<string, string> = { ...present.metadata.annotations };
      for (const [name, value] of Object.entries(change.annotations ?? {})) if (value !== null) changed[name] = value;
      connection = { ...present, metadata: { ...present.metadata, annotations: changed } };
      return connection;
    },
    create: unused,
    writeStatus: unused,
  };
  const edge: CliEdge = {
    ...idleCliEdge,
    stdout: (text) => {
      output.stdout += text;
    },
    stderr: (text) => {
      output.stderr += text;
    },
    paint: (tone, text) => setup.paint?.(tone, text) ?? text,
    clock: () => new Date(nowMs),
    isTerminal: setup.isTerminal ?? false,
    probe: setup.probe ?? (async () => ({ kind: 'ok' })),
    delay: async (durationMs) => {
      pauses += 1;
      setup.onDelay?.(pauses);
      nowMs += durationMs;
    },
    env: setup.env ?? {},
    signal: setup.interrupt ?? new AbortController().signal,
    tellDefect: async (error) => {
      output.defects.push(error);
    },
    runAgent: async (options) => {
      output.runs.push(options);
      return 7;
    },
    openCluster: async (options) => {
      output.opened.push(options);
      if (setup.openError !== undefined) throw setup.openError;
      return { ...emptyCluster, ...setup.cluster, connection: store };
    },
    openAgentSide: toOpenAgentSide(setup),
  };
  const exitCode = await runCli(args, edge);
  return { ...output, exitCode, elapsedMs: nowMs - start };
}
