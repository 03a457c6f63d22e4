import type { ClusterView, SecretFacts, SecretPlace } from '../cli/cluster-view.ts';
import type { ApplicationResource } from '../domain/resources.ts';
import type { Logger } from '../log/logger.ts';
import type { Time } from '../time/time.ts';
import { createKubeTransport, type KubeTransport } from './api/create-kube-transport.ts';
import { createKubeClient, type KubeClient } from './api/kube-client.ts';
import { readObject } from './api/object-kind.ts';
import { applicationType } from './api/resource-type.ts';
import { openConnectionStore } from './open-connection-store.ts';
import { parseApplication, parseManagedFields, secretKind } from './stores/parse-object.ts';
import { tellPerson, toPersonsError } from './tell-person.ts';
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
  const client = createKubeClient(exchange, time);
  const words = { kubectl, isServiceAccount: exchange.isServiceAccount };
  const store = openConnectionStore({ exchange, log, time });
  return {
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
