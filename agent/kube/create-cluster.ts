import { hostname } from 'node:os';
import type { Config } from '../config/config.ts';
import type { ConfigurationSource, CredentialStore } from '../connection/ports.ts';
import { compassConnectionName } from '../domain/resources.ts';
import type { Logger } from '../log/logger.ts';
import type { ClusterChange } from '../pace/triggers.ts';
import type { ConnectionStore, EventRecorder } from '../reconcile/ports.ts';
import type { ApplicationWriter } from '../sync/application-writer.ts';
import type { ClusterReader } from '../sync/ports.ts';
import type { Random, Time } from '../time/time.ts';
import type { Exchange } from './api/exchange.ts';
import { createKubeClient } from './api/kube-client.ts';
import { type NeededWatches, startWatches } from './start-watches.ts';
import { createClusterReader } from './stores/cluster-reader.ts';
import { createConfigurationSource } from './stores/configuration-source.ts';
import { createConnectionStore } from './stores/connection-store.ts';
import { createApplicationStore } from './stores/create-application-store.ts';
import { createCredentialStore } from './stores/create-credential-store.ts';
import { createEventRecorder } from './stores/create-event-recorder.ts';
import { createLiveSource, createWatchedSource } from './watch/object-source.ts';
import type { Cached } from './watch/resource-cache.ts';
import type { ResourceWatch } from './watch/resource-watch.ts';
import type { WatchPhase } from './watch/watch-standing.ts';
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
  /** What is not permitted or reachable at present, one sentence each; empty when all is well. */
  limitations(): string[];
  /** Whether every watch that is needed follows the cluster, or works in its reduced way for want of a permission. */
  isReady(): boolean;
  whyNotReady(): string | undefined;
  /** Where each watch that is needed stands at present. */
  watchPhases(): Readonly<Record<keyof NeededWatches, WatchPhase>>;
  /** Waits until the Events that were recorded are written, and not too long. */
  flush(): Promise<void>;
  /** Ends the watches and closes the connections; Events that were recorded are written before. */
  stop(): Promise<void>;
  /** Address of the API server. */
  readonly server: string;
}

type WatchState = Pick<ResourceWatch<Cached>, 'phase' | 'limitation' | 'ended'>;

/** How long is waited for Events. */
const flushMs = 2_000;

/**
 * Opens the stores and starts the watches; they end when `signal` aborts. What can be wrong with the cluster heals by
 * itself and is told by `whyNotReady` and `limitations` meanwhile.
 */
export function createCluster(options: ClusterOptions, signal: AbortSignal): Cluster {
  const { config, log, time, random } = options;
  const client = createKubeClient(options.exchange, time);
  const ending = new AbortController();
  const end = () => ending.abort();
  if (signal.aborted) end();
  signal.addEventListener('abort', end, { once: true });

  const timings = { ...defaultWatchTimings, ...options.watchTimings };
  const { needed, dispensable } = startWatches(
    { client, config, timings, time, random, log, onChange: options.onChange },
    ending.signal,
  );
  const { connection, configuration, applications, secrets } = needed;
  const neededStates = Object.values<WatchState>({ ...needed });
  const states = [...neededStates, ...Object.values<WatchState>({ ...dispensable })];
  const readUid = () => connection.cache.get(compassConnectionName)?.metadata.uid;
  const events = createEventRecorder(
    { client, readUid, instance: hostname(), time, random, log, forbiddenMs: timings.forbiddenMs },
    ending.signal,
  );
  const listLimitations = () =>
    [...neededStates.map((watch) => watch.limitation()), events.limitation()].filter((text) => text !== undefined);

  const flush = () => Promise.race([events.flush(), time.sleepUntil(time.instant() + flushMs, ending.signal)]);

  /** Reads what the watch keeps, or live while that is not to be had. */
  const toSource = <T extends Cached>(watch: ResourceWatch<T>) =>
    createWatchedSource(watch, createLiveSource(client, watch.selection, timings.pageSize));
  const managed = { applications: toSource(applications), secrets: toSource(secrets) };

  return {
    connection: createConnectionStore(client, toSource(connection), log),
    credentials: createCredentialStore(
      client,
      config,
      {
        clientCertificate: toSource(dispensable.clientCertificate),
        caCertificate: toSource(dispensable.caCertificate),
      },
      log,
    ),
    applications: createApplicationStore(client, managed, config.integrationNamespace),
    reader: createClusterReader(managed),
    configuration: createConfigurationSource(toSource(configuration), config.agentConfigurationSecret),
    events,
    limitations: listLimitations,
    isReady: () => whyNotReady(neededStates) === undefined,
    whyNotReady: () => whyNotReady(neededStates),
    watchPhases: () => ({
      connection: connection.phase(),
      configuration: configuration.phase(),
      applications: applications.phase(),
      secrets: secrets.phase(),
    }),
    flush,
    async stop() {
      signal.removeEventListener('abort', end);
      await flush();
      ending.abort();
      await Promise.all(states.map((watch) => watch.ended));
      client.close();
    },
    server: client.server,
  };
}

function whyNotReady(needed: readonly WatchState[]): string | undefined {
  const blocking = needed.find((watch) => watch.phase() !== 'synced' && watch.phase() !== 'forbidden');
  return blocking && (blocking.limitation() ?? 'The first read of the cluster is under way.');
}
