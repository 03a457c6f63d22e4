import type { Config, SecretRef } from '../config/config.ts';
import type { ConfigurationSource, CredentialStore } from '../connection/ports.ts';
import type { Logger } from '../log/logger.ts';
import type { ConnectionStore } from '../reconcile/ports.ts';
import type { ClusterReader } from '../sync/ports.ts';
import type { Time } from '../time/time.ts';
import type { Exchange } from './api/exchange.ts';
import { interceptRequests } from './api/intercept-requests.ts';
import { createKubeClient } from './api/kube-client.ts';
import { openConnectionStore } from './open-connection-store.ts';
import { bundleLabel, createClusterReader } from './stores/cluster-reader.ts';
import { createConfigurationSource } from './stores/configuration-source.ts';
import { createCredentialStore } from './stores/create-credential-store.ts';
import { applicationKind, secretKind } from './stores/parse-object.ts';
import { type PersonsWords, tellPerson } from './tell-person.ts';
import { createLiveSource } from './watch/object-source.ts';
import { defaultWatchTimings } from './watch/watch-timings.ts';

/** What the agent reads of the cluster, for whoever only looks. */
export interface AgentsReading {
  readonly connection: Pick<ConnectionStore, 'read'>;
  readonly configuration: ConfigurationSource;
  readonly credentials: Pick<CredentialStore, 'readClientPair' | 'readPairing'>;
  readonly reader: ClusterReader;
}

export interface AgentsReadingOptions {
  readonly config: Config;
  readonly exchange: Exchange;
  readonly log: Logger;
  readonly time: Time;
}

const { pageSize } = defaultWatchTimings;

/** Reads as the agent does, with no watch: each time from the API server. It cannot write. Failures are told in `words`. */
export function openAgentsReading(
  { config, exchange, log, time }: AgentsReadingOptions,
  words: PersonsWords,
): AgentsReading {
  const reading = withoutWrites(exchange);
  const client = createKubeClient(reading, time);
  const toSecrets = ({ namespace }: SecretRef) => createLiveSource(client, { ...secretKind, namespace }, pageSize);
  const secretSelection = { ...secretKind, namespace: config.integrationNamespace, labelSelector: bundleLabel };
  const { agentConfigurationSecret, clusterCertificatesSecret, caCertificatesSecret } = config;
  const configuration = createConfigurationSource(toSecrets(agentConfigurationSecret), agentConfigurationSecret);
  const sources = {
    clientCertificate: toSecrets(clusterCertificatesSecret),
    caCertificate: toSecrets(caCertificatesSecret),
  };
  const credentials = createCredentialStore(client, config, sources, log);
  const reader = createClusterReader({
    applications: createLiveSource(client, applicationKind, pageSize),
    secrets: createLiveSource(client, secretSelection, pageSize),
  });
  return {
    connection: { read: tellPerson(openConnectionStore({ exchange: reading, log, time }).read, words) },
    configuration: { read: tellPerson(configuration.read, words) },
    credentials: {
      readClientPair: tellPerson((signal: AbortSignal) => credentials.readClientPair(signal), words),
      readPairing: tellPerson(credentials.readPairing, words),
    },
    reader: { snapshot: tellPerson(reader.snapshot, words) },
  };
}

/** A write is a defect: whoever only looks changes nothing, whatever is wrong with the code above. */
function withoutWrites(exchange: Exchange): Exchange {
  return interceptRequests(exchange, async (request) => {
    if (request.method !== 'GET') throw new Error(`A command that only looks must not send ${request.method}`);
    return exchange.send(request);
  });
}
