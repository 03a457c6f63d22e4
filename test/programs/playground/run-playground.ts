import type { RequestListener } from 'node:http';
import { isAbsolute, resolve } from 'node:path';
import { createNarrator } from '../../../agent/cli/create-narrator.ts';
import type { KubeClient } from '../../../agent/kube/api/kube-client.ts';
import { type KubeApi, startKubeApi } from '../../servers/kube-api/start-kube-api.ts';
import { generateLandscape } from '../../servers/ucl/generate-landscape.ts';
import { registerSampleLandscape } from '../../servers/ucl/sample-landscape.ts';
import { startUcl, type Ucl } from '../../servers/ucl/start-ucl.ts';
import { buildAgent } from '../agent/build-agent.ts';
import { breakPath, createBreakPage } from './break-page.ts';
import { type Commands, createCommands } from './create-commands.ts';
import {
  awaitFirstSync,
  type FirstSync,
  markApplications,
  reportApplications,
  reportConnection,
} from './follow-connection.ts';
import { type Hold, holdCluster, refuseHeldCluster } from './hold-cluster.ts';
import { judgeCluster, type PlaygroundResult, renderResult } from './judge-cluster.ts';
import type { PlaygroundOptions, PortOption } from './parse-options.ts';
import {
  installedNames,
  installMissing,
  nameOf,
  openCluster,
  playgroundNames,
  refuseForeignCluster,
  removeLeftovers,
  writePairingInput,
} from './playground-cluster.ts';
import { PlaygroundError } from './playground-error.ts';
import { findKubectl, renderFarewell, renderGuide } from './render-guide.ts';
import { renderSystems } from './render-systems.ts';
import { startRestartableAgent } from './restartable-agent.ts';

/** What the playground tells itself, with times. */
const untold = new Set(['Starting ucl-agent', 'Paired with UCL', 'Synchronised', 'Stopping', 'Stopped']);

export interface Screen {
  /** One line for the person. */
  line(text: string): void;
  /** The result for programs. */
  result(result: PlaygroundResult): void;
}

const agentUser = 'system:serviceaccount:kyma-system:compass-runtime-agent';
/** A person who assigns a system does not want to wait minutes; one measured sync must stay the only one. */
const schedules = { interactive: '*/10 * * * * *', once: '0 0 1 1 *' };

const patienceAtEndMs = 60_000;

type CleanUp = () => Promise<void>;

/**
 * Starts everything, follows the first sync, and stays until the signal aborts (not with `once`). Gives the exit
 * code: 0, or 1 where the cluster is not as expected. Throws PlaygroundError or AgentError where it cannot start.
 * Whatever was started is ended on every way out.
 */
export async function runPlayground(options: PlaygroundOptions, screen: Screen, signal: AbortSignal): Promise<number> {
  const cleanUps: CleanUp[] = [];
  try {
    return await play(options, screen, signal, (cleanUp) => cleanUps.unshift(cleanUp));
  } catch (error: unknown) {
    if (!signal.aborted) throw error;
    return options.once ? 1 : 0;
  } finally {
    if (signal.aborted) screen.line('Ending ...');
    for (const cleanUp of cleanUps) {
      await cleanUp().catch((error: unknown) =>
        screen.line(`Cleaning up failed in part: ${error instanceof Error ? error.message : String(error)}`),
      );
    }
  }
}

async function play(
  options: PlaygroundOptions,
  screen: Screen,
  signal: AbortSignal,
  atEnd: (cleanUp: CleanUp) => void,
): Promise<number> {
  signal.throwIfAborted();
  const startedAtMs = performance.now();
  const step = (text: string) =>
    screen.line(`${((performance.now() - startedAtMs) / 1000).toFixed(1).padStart(6)} s  ${text}`);
  const cluster = await startCluster(options, step, signal, atEnd);
  const adminPages: Map<string, { title: string; listener: RequestListener }> = new Map();
  const ucl = await startUcl({ ...toUclPorts(options), adminPages }).catch((error: unknown) =>
    explainPort(options, error),
  );
  atEnd(() => ucl.stop());
  step(`Kubernetes API: ${cluster.client.server}${cluster.api === undefined ? '' : ' (embedded)'}`);
  step(`UCL (embedded), Connector: ${ucl.connectorUrl}`);
  step(`UCL (embedded), Director: ${ucl.directorUrl}`);
  const landscape = registerLandscape(ucl, options);
  const systems = ucl.landscape.applicationsForRuntime(ucl.landscape.runtime(landscape.runtimeId));
  step(`UCL: ${systems.length} systems and this cluster are in the formation "${landscape.formation}"`);

  await prepareCluster(cluster, ucl, landscape.runtimeId, step, signal, atEnd);
  const narrator = createNarrator(({ text }) => step(`agent: ${text}`), { untold });
  const program = await buildAgent();
  signal.throwIfAborted();
  const agentStartedAtMs = performance.now();
  const agent = startRestartableAgent({
    program,
    kubeconfigFile: cluster.agentKubeconfigFile,
    names: cluster.names,
    caFile: ucl.caFile,
    schedule: options.once ? schedules.once : schedules.interactive,
    onLog: narrator.tell,
  });
  atEnd(() => agent.stop());
  step(`The agent starts as a process of its own (${agent.pid})`);
  // Ends with whatever comes first: the person, the agent, the patience.
  const following = new AbortController();
  atEnd(async () => following.abort());
  if (cluster.api === undefined) keepGoing(markApplications(cluster.client, following.signal), step, following.signal);
  const over = Promise.race([agent.ended, ...(cluster.hold === undefined ? [] : [describeLoss(cluster.hold)])]);
  const first = await waitForSync(over, cluster.client, agentStartedAtMs, systems.length, step, signal);
  narrator.quieten();

  const kubernetesRequests = cluster.api?.requests.all().filter(({ user }) => user === agentUser);
  const { client } = cluster;
  const { runtimeId } = landscape;
  const evidence = { client, kubernetesRequests, ucl, agent, runtimeId, agentStartedAtMs, first, signal };
  const { result, applications, connection } = await judgeCluster(evidence);
  const rows = ['', ...renderSystems(systems, applications, connection), '', ...renderResult(result)];
  for (const row of rows) screen.line(row);
  screen.result(result);
  if (options.once) return result.differences.length === 0 ? 0 : 1;

  const { runtimeId: id, formation } = landscape;
  const world = { ...cluster, ucl, agent, runtimeId: id, formation };
  const listener = createBreakPage(world, step, following.signal);
  adminPages.set(breakPath, { title: 'Break something', listener });
  offer(cluster, ucl, landscape, applications.map(nameOf), screen);
  reportChanges(cluster.client, ucl, step, following.signal);
  const end = await Promise.race([over, aborted(signal)]);
  if (end === undefined) return 0;
  step(end);
  return 1;
}

/** Prints what a person can try. */
function offer(
  cluster: PlaygroundCluster,
  ucl: Ucl,
  landscape: RegisteredLandscape,
  applicationNames: readonly string[],
  screen: Screen,
): void {
  const guide = {
    commands: cluster.commands,
    adminUrl: ucl.adminUrl,
    breakUrl: new URL(breakPath, ucl.adminUrl).href,
    hasKubectl: findKubectl(),
    applicationName: applicationNames.find((name) => name.length <= 63),
    ...{ formation: landscape.formation, unassigned: landscape.unassigned },
  };
  for (const row of ['', ...renderGuide(guide), '']) screen.line(row);
  screen.line('The agent reads UCL every 10 seconds. What changes is told here; Ctrl-C ends the playground.');
}

/** Tells what changes in the cluster until the signal aborts. */
function reportChanges(client: KubeClient, ucl: Ucl, step: (text: string) => void, signal: AbortSignal): void {
  const nameOfSystem = (id: string) => ucl.landscape.findApplication(id)?.name;
  keepGoing(reportApplications(client, nameOfSystem, step, signal), step, signal);
  keepGoing(reportConnection(client, step, signal), step, signal);
}

interface PlaygroundCluster {
  /** The embedded API; undefined: a person's cluster. */
  api: KubeApi | undefined;
  client: KubeClient;
  commands: Commands;
  /** undefined: an embedded API, which is nobody else's. */
  hold: Hold | undefined;
  agentKubeconfigFile: string;
  names: typeof installedNames;
}

async function startCluster(
  options: PlaygroundOptions,
  step: (text: string) => void,
  signal: AbortSignal,
  atEnd: (cleanUp: CleanUp) => void,
): Promise<PlaygroundCluster> {
  if (options.kubeconfigFile !== undefined) {
    // npm runs scripts in the folder of the project, wherever the person is.
    const base = process.env.INIT_CWD ?? process.cwd();
    const file = isAbsolute(options.kubeconfigFile) ? options.kubeconfigFile : resolve(base, options.kubeconfigFile);
    const client = openCluster(file);
    atEnd(async () => client.close());
    const commands = createCommands(file);
    const wish = { client, commands, takeOver: options.takeOver, tell: step };
    await refuseHeldCluster(wish, signal);
    await refuseForeignCluster(client, signal);
    const hold = await holdCluster(wish, signal);
    atEnd(() => hold.release(AbortSignal.timeout(patienceAtEndMs)));
    return { api: undefined, client, commands, hold, agentKubeconfigFile: file, names: playgroundNames };
  }
  const api = await startKubeApi({ port: options.ports.kube }).catch((error: unknown) => explainPort(options, error));
  atEnd(() => api.stop());
  const client = openCluster(api.kubeconfigFile);
  atEnd(async () => client.close());
  const agentKubeconfigFile = await api.kubeconfigFor(agentUser);
  const commands = createCommands(api.kubeconfigFile);
  return { api, client, commands, hold: undefined, agentKubeconfigFile, names: installedNames };
}

function toUclPorts({ ports }: PlaygroundOptions) {
  return { adminPort: ports.admin, connectorPort: ports.connector, mtlsPort: ports.director };
}

function explainPort({ ports }: PlaygroundOptions, error: unknown): never {
  if (!(error instanceof Error) || !('code' in error) || !('port' in error)) throw error;
  const options: PortOption[] = ['kube', 'admin', 'connector', 'director'];
  const option = options.find((name) => ports[name] === error.port);
  const reason = error.code === 'EADDRINUSE' ? 'is taken' : `cannot be had (${String(error.code)})`;
  throw new PlaygroundError(
    `Port ${String(error.port)}${option === undefined ? '' : ` (--${option}-port)`} ${reason}: give another one, or leave the option out for any free one.`,
  );
}

interface RegisteredLandscape {
  runtimeId: string;
  formation: string;
  unassigned: { id: string; name: string } | undefined;
}

function registerLandscape(ucl: Ucl, { generate }: PlaygroundOptions): RegisteredLandscape {
  if (generate === undefined) return registerSampleLandscape(ucl.landscape);
  const { runtimeId, formation } = generateLandscape(ucl.landscape, generate);
  const unassigned = { name: 'One More System' };
  return { runtimeId, formation, unassigned: { ...unassigned, ...ucl.landscape.registerApplication(unassigned) } };
}

async function prepareCluster(
  cluster: PlaygroundCluster,
  ucl: Ucl,
  runtimeId: string,
  step: (text: string) => void,
  signal: AbortSignal,
  atEnd: (cleanUp: CleanUp) => void,
): Promise<void> {
  const { client, names, hold, commands } = cluster;
  if (hold !== undefined) {
    const removed = await removeLeftovers(client, new Set(), signal);
    if (removed > 0) step(`${removed} Applications of an earlier playground are removed`);
  }
  const made = await installMissing(client, signal);
  for (const name of made) step(`Installed: ${name}`);
  if (hold !== undefined) {
    atEnd(async () => {
      const late = AbortSignal.timeout(patienceAtEndMs);
      // What is there now may be another playground's.
      if (!(await hold.isOurs(late))) return;
      const systemIds = new Set(ucl.landscape.applications().map(({ id }) => id));
      await removeLeftovers(client, systemIds, late);
      step('Removed from the cluster: the CompassConnection, the Applications and the Secrets of the playground');
      for (const row of renderFarewell(commands, made)) step(row);
    });
  }
  const values = {
    CONNECTOR_URL: ucl.connectorUrl,
    TOKEN: ucl.landscape.requestOneTimeToken(runtimeId).token,
    RUNTIME_ID: runtimeId,
    TENANT: ucl.landscape.tenantId,
  };
  await writePairingInput(client, names, values, signal);
  step(`Written: Secret ${names.configuration} with the token`);
}

async function describeLoss({ lost }: Hold): Promise<string> {
  return `Another playground has taken the cluster over (${await lost}). This one ends, and leaves everything to it.`;
}

/** `over` resolves with a sentence when there is no point in waiting any longer. */
async function waitForSync(
  over: Promise<string>,
  client: KubeClient,
  agentStartedAtMs: number,
  systems: number,
  step: (text: string) => void,
  signal: AbortSignal,
): Promise<FirstSync | undefined> {
  const patience = AbortSignal.timeout(90_000 + 200 * systems);
  const giveUp = new AbortController();
  const seconds = (sinceMs: number) => ((performance.now() - sinceMs) / 1000).toFixed(1);
  const onPaired = () => step(`Paired with UCL ${seconds(agentStartedAtMs)} s after the agent's start`);
  const following = awaitFirstSync(client, onPaired, AbortSignal.any([signal, patience, giveUp.signal]));
  try {
    const first = await Promise.race([following, over]);
    if (typeof first === 'string') {
      step(first);
      return undefined;
    }
    step(`Synchronised ${seconds(first.pairedAtMs)} s after that`);
    return first;
  } catch (error: unknown) {
    if (!patience.aborted || signal.aborted) throw error;
    step('The agent has not synchronised in time.');
    return undefined;
  } finally {
    giveUp.abort();
    await following.catch(() => undefined);
  }
}

/** Something that runs beside; it ends with the signal, and anything else is told. */
function keepGoing(work: Promise<void>, step: (text: string) => void, signal: AbortSignal): void {
  work.catch((error: unknown) => {
    if (!signal.aborted)
      step(`Following the cluster failed: ${error instanceof Error ? error.message : String(error)}`);
  });
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolveNow) => {
    if (signal.aborted) resolveNow(undefined);
    else signal.addEventListener('abort', () => resolveNow(undefined), { once: true });
  });
}
