import { hostname } from 'node:os';
import type { Config } from '../config/config.ts';
import type { CredentialStore } from '../credentials/ports.ts';
import { compassConnectionName, type SecretResource } from '../domain/resources.ts';
import type { Logger } from '../log/logger.ts';
import type {
  ClusterChange,
  ClusterReader,
  ConfigurationSource,
  ConnectionStore,
  EventRecorder,
} from '../loop/ports.ts';
import type { ApplicationWriter } from '../sync/application-writer.ts';
import type { Random, Time } from '../time/time.ts';
import type { Exchange } from './api/exchange.ts';
import { createKubeClient, type KubeClient } from './api/kube-client.ts';
import { createApplicationStore } from './stores/application-store.ts';
import { bundleLabel, createClusterReader } from './stores/cluster-reader.ts';
import { createConfigurationSource, toConfigurationFingerprint } from './stores/configuration-source.ts';
import { createConnectionStore, toConnectionFingerprint } from './stores/connection-store.ts';
import { createCredentialStore } from './stores/credential-store.ts';
import { createEventRecorder } from './stores/event-recorder.ts';
import { applicationKind, connectionKind, type StoredConnection, secretKind } from './stores/parse-object.ts';
import type { CacheChange, Cached } from './watch/resource-cache.ts';
import { type ResourceWatch, startResourceWatch } from './watch/resource-watch.ts';
import { defaultWatchTimings, type WatchTimings } from './watch/watch-timings.ts';

export type { WatchTimings } from './watch/watch-timings.ts';

export interface ClusterOptions {
  config: Config;
  /** The way to the API server; stopping closes it. */
  exchange: Exchange;
  log: Logger;
  time: Time;
  random: Random;
  /** Told of changes by others; never of the agent's own writes. */
  onChange: (change: ClusterChange) => void;
  watchTimings?: Partial<WatchTimings>;
}

/** The cluster as the loop sees it. */
export interface Cluster {
  readonly connection: ConnectionStore;
  readonly credentials: CredentialStore;
  readonly applications: ApplicationWriter;
  readonly reader: ClusterReader;
  readonly configuration: ConfigurationSource;
  readonly events: EventRecorder;
  /** Whether every watch follows the cluster, or works in its reduced way for want of a permission. */
  isReady(): boolean;
  whyNotReady(): string | undefined;
  /** Ends the watches and closes the connections; Events that were recorded are written before. */
  stop(): Promise<void>;
  /** Address of the API server. */
  readonly server: string;
}

type WatchState = Pick<ResourceWatch<Cached>, 'phase' | 'limitation' | 'ended'>;

/** How long stopping waits for Events. */
const flushMs = 2_000;

/**
 * Opens the stores and starts the watches; they end when `signal` aborts. What can be wrong with the cluster heals by
 * itself and is told by `whyNotReady` and `reader.limitations` meanwhile.
 */
export function createCluster(options: ClusterOptions, signal: AbortSignal): Cluster {
  const { config, log, time, random } = options;
  const client = createKubeClient(options.exchange, time);
  const ending = new AbortController();
  const end = () => ending.abort();
  if (signal.aborted) end();
  signal.addEventListener('abort', end, { once: true });

  const watches = startWatches(client, options, ending.signal);
  const { connection, applications, secrets, configuration } = watches;
  const all: readonly WatchState[] = [connection, configuration, applications, secrets];
  const { forbiddenMs, pageSize } = { ...defaultWatchTimings, ...options.watchTimings };
  const readUid = () => connection.cache.get(compassConnectionName)?.metadata.uid;
  const events = createEventRecorder(
    { client, readUid, instance: hostname(), time, random, log, forbiddenMs },
    ending.signal,
  );
  const listLimitations = () =>
    [...all.map((watch) => watch.limitation()), events.limitation()].filter((text) => text !== undefined);
  const whyNotReady = () => {
    const blocking = all.find((watch) => watch.phase() !== 'synced' && watch.phase() !== 'forbidden');
    return blocking === undefined
      ? undefined
      : (blocking.limitation() ?? 'The first read of the cluster is under way.');
  };

  return {
    connection: createConnectionStore(client, connection, log),
    credentials: createCredentialStore(client, config, log),
    applications: createApplicationStore(
      client,
      { applications: applications.cache, secrets: secrets.cache },
      config.integrationNamespace,
    ),
    reader: createClusterReader({
      client,
      applications,
      secrets,
      namespace: config.integrationNamespace,
      pageSize,
      limitations: listLimitations,
    }),
    configuration: createConfigurationSource(client, configuration, config.agentConfigurationSecret),
    events,
    isReady: () => whyNotReady() === undefined,
    whyNotReady,
    async stop() {
      signal.removeEventListener('abort', end);
      await Promise.race([events.flush(), time.sleepUntil(time.instant() + flushMs, ending.signal)]);
      ending.abort();
      await Promise.all(all.map((watch) => watch.ended));
      client.close();
    },
    server: client.server,
  };
}

function startWatches(client: KubeClient, options: ClusterOptions, signal: AbortSignal) {
  const { config, time, random, log, onChange } = options;
  const common = { client, timings: { ...defaultWatchTimings, ...options.watchTimings }, time, random, log };
  const { namespace, name } = config.agentConfigurationSecret;

  const connection: ResourceWatch<StoredConnection> = startResourceWatch(
    {
      ...common,
      selection: { ...connectionKind, name: compassConnectionName },
      onChange: (change) => {
        if (isDifferent(change, connection, toConnectionFingerprint)) onChange('connection');
      },
      consequence: 'requests by annotation on the CompassConnection are noticed late or not at all',
    },
    signal,
  );
  const configuration: ResourceWatch<SecretResource> = startResourceWatch(
    {
      ...common,
      selection: { ...secretKind, namespace, name },
      onChange: (change) => {
        if (isDifferent(change, configuration, toConfigurationFingerprint)) onChange('configuration');
      },
      consequence: `a new token in the Secret ${namespace}/${name} is noticed late or not at all`,
    },
    signal,
  );
  const applications = startResourceWatch(
    {
      ...common,
      selection: applicationKind,
      onChange: (change) => {
        if (!change.initial) onChange('managed-objects');
      },
      consequence: 'Applications that others change are put right with the next synchronization only',
    },
    signal,
  );
  const secrets = startResourceWatch(
    {
      ...common,
      selection: { ...secretKind, namespace: config.integrationNamespace, labelSelector: bundleLabel },
      onChange: (change) => {
        // Kubernetes collects the Secrets of an Application that we deleted: that is our doing as well.
        const owners = change.kind === 'deleted' ? (change.previous.metadata.ownerReferences ?? []) : [];
        const expected = owners.some((owner) => applications.cache.wasDeletedByUs(owner.uid));
        if (!change.initial && !expected) onChange('managed-objects');
      },
      consequence: 'each Secret is read on its own, and those that no Application names any more are not removed',
      consequenceUnwatched: 'Secrets that others change are put right with the next synchronization only',
    },
    signal,
  );
  return { connection, configuration, applications, secrets };
}

/** Whether a change concerns what the fingerprint covers, and is news to readers: they wait for the first list. */
function isDifferent<T extends Cached>(
  change: CacheChange<T>,
  watch: ResourceWatch<T>,
  toFingerprint: (object: T | undefined) => string,
): boolean {
  if (change.initial && watch.phase() === 'starting') return false;
  const before = change.kind === 'added' ? undefined : change.previous;
  const after = change.kind === 'deleted' ? undefined : change.object;
  return toFingerprint(before) !== toFingerprint(after);
}
