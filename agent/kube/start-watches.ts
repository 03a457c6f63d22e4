import type { Config, SecretRef } from '../config/config.ts';
import { type ApplicationResource, compassConnectionName, type SecretResource } from '../domain/resources.ts';
import type { ClusterChange } from '../pace/triggers.ts';
import { bundleLabel } from './stores/cluster-reader.ts';
import { toConfigurationFingerprint } from './stores/configuration-source.ts';
import { toConnectionFingerprint } from './stores/connection-store.ts';
import { applicationKind, connectionKind, type StoredConnection, secretKind } from './stores/parse-object.ts';
import { isNews } from './watch/is-news.ts';
import type { Cached } from './watch/resource-cache.ts';
import { type ResourceWatch, type ResourceWatchOptions, startResourceWatch } from './watch/resource-watch.ts';

export interface WatchesOptions
  extends Pick<ResourceWatchOptions<Cached>, 'client' | 'timings' | 'time' | 'random' | 'log'> {
  config: Config;
  /** Told of changes by others; never of the agent's own writes. */
  onChange: (change: ClusterChange) => void;
}

/** Without these something is noticed late or not at all. */
export interface NeededWatches {
  readonly connection: ResourceWatch<StoredConnection>;
  readonly configuration: ResourceWatch<SecretResource>;
  readonly applications: ResourceWatch<ApplicationResource>;
  /** Those with the label of a bundle. */
  readonly secrets: ResourceWatch<SecretResource>;
}

/** These spare reads, and nothing is amiss without them. */
export interface DispensableWatches {
  /** The Secret of the client certificate. */
  readonly clientCertificate: ResourceWatch<SecretResource>;
  /** The Secret of the CA certificate. */
  readonly caCertificate: ResourceWatch<SecretResource>;
}

export interface Watches {
  readonly needed: NeededWatches;
  readonly dispensable: DispensableWatches;
}

/** Watches everything that the agent reads again and again; they end when the signal aborts. */
export function startWatches(options: WatchesOptions, signal: AbortSignal): Watches {
  const { config, onChange, ...common } = options;
  const { namespace, name } = config.agentConfigurationSecret;

  const connection: ResourceWatch<StoredConnection> = startResourceWatch(
    {
      ...common,
      selection: { ...connectionKind, name: compassConnectionName },
      onChange: (change) => {
        if (isNews(change, connection.phase(), toConnectionFingerprint)) onChange('connection');
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
        if (isNews(change, configuration.phase(), toConfigurationFingerprint)) onChange('configuration');
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
      consequence: 'Applications that others change are corrected only by the next synchronization',
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
      consequenceUnwatched: 'Secrets that others change are corrected only by the next synchronization',
    },
    signal,
  );
  const watchForReads = (ref: SecretRef) =>
    startResourceWatch(
      {
        ...common,
        selection: { ...secretKind, ...ref },
        isDispensable: true,
        onChange: () => undefined,
        consequence: `the Secret ${ref.namespace}/${ref.name} is read with each synchronization`,
      },
      signal,
    );
  const dispensable = {
    clientCertificate: watchForReads(config.clusterCertificatesSecret),
    caCertificate: watchForReads(config.caCertificatesSecret),
  };
  return { needed: { connection, configuration, applications, secrets }, dispensable };
}
