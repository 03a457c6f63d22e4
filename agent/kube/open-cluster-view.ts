import type {
  AgentRight,
  ClusterView,
  LogRequest,
  PodFacts,
  SecretFacts,
  SecretPlace,
  ServedKind,
} from '../cli/cluster-view.ts';
import type { ApplicationResource } from '../domain/resources.ts';
import type { Logger } from '../log/logger.ts';
import type { Time } from '../time/time.ts';
import { type ReviewedAccess, readServerTime, reviewAccess } from './api/ask-server.ts';
import { createKubeTransport, type KubeTransport } from './api/create-kube-transport.ts';
import type { Exchange } from './api/exchange.ts';
import { createKubeClient, type KubeClient } from './api/kube-client.ts';
import { readObject } from './api/object-kind.ts';
import { readPodLog } from './api/read-pod-log.ts';
import {
  applicationType,
  compassConnectionType,
  endpointSliceType,
  podType,
  serviceType,
} from './api/resource-type.ts';
import { type OpenConnectionOptions, openConnectionStore } from './open-connection-store.ts';
import { countReadyAddresses } from './stores/count-ready-addresses.ts';
import { parseApplication, parseManagedFields, secretKind } from './stores/parse-object.ts';
import { parsePod } from './stores/parse-pod.ts';
import { type PersonsWords, tellPerson, toPersonsError } from './tell-person.ts';
import { defaultWatchTimings } from './watch/watch-timings.ts';

export interface PersonsAccess {
  /** Otherwise as `loadKubeConfig` finds it. */
  readonly kubeconfigFile?: string;
  readonly context?: string;
}

export interface PersonsTools {
  /** The beginning of a command that asks the same cluster. */
  readonly kubectl: string;
  readonly log: Logger;
  readonly time: Time;
}

/** The cluster for the commands of a person, with the rights of their own. Throws AgentError in words for them. */
export function openClusterView(access: PersonsAccess, { kubectl, log, time }: PersonsTools): ClusterView {
  const exchange = openTransport(access, kubectl, time);
  const words = { kubectl, isServiceAccount: exchange.isServiceAccount };
  return {
    ...createClusterView({ exchange, log, time }, words),
    // What makes sockets is loaded where one is needed.
    runInPod: tellPerson(async ({ namespace, name, containers }: PodFacts, command: readonly string[], signal) => {
      const { runInPod } = await import('./api/run-in-pod.ts');
      return runInPod(exchange, { namespace, name, container: chooseContainer(containers), command }, signal);
    }, words),
  };
}

/** The same over any way to the API server. */
export function createClusterView(
  { exchange, log, time }: OpenConnectionOptions,
  words: PersonsWords,
): Omit<ClusterView, 'runInPod'> {
  const client = createKubeClient(exchange, time);
  const store = openConnectionStore({ exchange, log, time });
  return {
    isServiceAccount: words.isServiceAccount,
    connection: {
      read: tellPerson(store.read, words),
      create: tellPerson(store.create, words),
      update: tellPerson(store.update, words),
      writeStatus: tellPerson(store.writeStatus, words),
    },
    listApplications: tellPerson((signal) => listApplications(client, signal), words),
    readApplication: tellPerson(
      (name: string, signal: AbortSignal) => readObject(client, attributedApplicationKind, { name }, signal),
      words,
    ),
    readSecret: tellPerson((place: SecretPlace, signal: AbortSignal) => readSecret(client, place, signal), words),
    listAgentPods: tellPerson(
      (namespace: string, signal: AbortSignal) => listAgentPods(client, namespace, signal),
      words,
    ),
    countReadyAddresses: tellPerson(
      (service: SecretPlace, signal: AbortSignal) => countAddressesOf(client, service, signal),
      words,
    ),
    listServed: tellPerson(
      async (kind: ServedKind, signal: AbortSignal) =>
        (await client.discover(servedKinds[kind], signal)).filter((name) => name.split('/')[0] === kind),
      words,
    ),
    mayServiceAccount: tellPerson(
      (account: SecretPlace, right: AgentRight, signal: AbortSignal) =>
        reviewAccess({ exchange, time }, toReview(account, right), signal),
      words,
    ),
    readClockDifference: (signal) => readClockDifference(exchange, time, signal),
    readLog: (request, signal) => readLog(exchange, request, words, signal),
  };
}

function openTransport({ kubeconfigFile, context }: PersonsAccess, kubectl: string, time: Time): KubeTransport {
  try {
    return createKubeTransport(kubeconfigFile, time, context);
  } catch (error: unknown) {
    throw toPersonsError(error, { kubectl, isServiceAccount: false });
  }
}

/** Applications with who changed what, which the agent itself does not keep. */
const attributedApplicationKind = {
  type: applicationType,
  parse(object: unknown): ApplicationResource {
    const application = parseApplication(object);
    return { ...application, metadata: { ...application.metadata, managedFields: parseManagedFields(object) } };
  },
};

async function listApplications(client: KubeClient, signal: AbortSignal): Promise<ApplicationResource[]> {
  const { items } = await client.list({ type: applicationType }, defaultWatchTimings.pageSize, signal);
  return items.map(attributedApplicationKind.parse);
}

async function readSecret(
  client: KubeClient,
  place: SecretPlace,
  signal: AbortSignal,
): Promise<SecretFacts | undefined> {
  const secret = await readObject(client, secretKind, place, signal);
  return secret === undefined ? undefined : { name: place.name, keys: Object.keys(secret.data ?? {}).sort() };
}

const rawService = { type: serviceType, parse: (object: unknown) => object };

async function countAddressesOf(
  client: KubeClient,
  { namespace, name }: SecretPlace,
  signal: AbortSignal,
): Promise<number | undefined> {
  if ((await readObject(client, rawService, { namespace, name }, signal)) === undefined) return undefined;
  const selection = { type: endpointSliceType, namespace, labelSelector: `kubernetes.io/service-name=${name}` };
  const { items } = await client.list(selection, defaultWatchTimings.pageSize, signal);
  return countReadyAddresses(items);
}

const servedKinds = { applications: applicationType, compassconnections: compassConnectionType };

function toReview({ namespace, name }: SecretPlace, right: AgentRight): ReviewedAccess {
  return {
    user: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    resourceAttributes: { ...right },
  };
}

/** The answer was on its way for half the time, as far as anybody knows; the header is cut to whole seconds. */
async function readClockDifference(exchange: Exchange, time: Time, signal: AbortSignal): Promise<number | undefined> {
  const startedMs = time.now().getTime();
  // Whoever cannot be reached at all is told so by every other question.
  const server = await readServerTime(exchange, signal).catch(() => undefined);
  signal.throwIfAborted();
  const endedMs = time.now().getTime();
  return server === undefined ? undefined : server.getTime() + 500 - (startedMs + endedMs) / 2;
}

/** Of the Deployment's selector. */
const agentLabels = 'app=compass-runtime-agent';

async function listAgentPods(client: KubeClient, namespace: string, signal: AbortSignal): Promise<PodFacts[]> {
  const selection = { type: podType, namespace, labelSelector: agentLabels };
  const { items } = await client.list(selection, defaultWatchTimings.pageSize, signal);
  return items.flatMap((item) => parsePod(item) ?? []).sort((one, other) => (one.createdAt < other.createdAt ? 1 : -1));
}

async function* readLog(
  exchange: Exchange,
  { pod, tailLines, follow }: LogRequest,
  words: PersonsWords,
  signal: AbortSignal,
): AsyncGenerator<string, void> {
  const { namespace, name, containers } = pod;
  const container = chooseContainer(containers);
  try {
    yield* readPodLog({ exchange }, { namespace, name, container, tailLines, follow }, signal);
  } catch (error: unknown) {
    throw toPersonsError(error, words);
  }
}

const agentContainer = 'compass-runtime-agent';

/** Another container of the pod is somebody's sidecar. */
function chooseContainer(containers: readonly string[]): string {
  return containers.find((text) => text === agentContainer) ?? containers[0] ?? agentContainer;
}
