import pLimit from 'p-limit';
import type { ApplicationResource, SecretResource } from '../../domain/resources.ts';
import type { ClusterReader } from '../../loop/ports.ts';
import type { KubeClient } from '../api/kube-client.ts';
import { applicationType, secretType } from '../api/resource-type.ts';
import type { ResourceWatch } from '../watch/resource-watch.ts';
import { parseApplication, parseSecret } from './parse-object.ts';
import { readSecret } from './secret-store.ts';

export interface ClusterReaderOptions {
  client: KubeClient;
  applications: ResourceWatch<ApplicationResource>;
  secrets: ResourceWatch<SecretResource>;
  /** Of the Secrets. */
  namespace: string;
  pageSize: number;
  /** Watches, in the order in which people should hear of them. */
  limitations: () => string[];
}

/** Secrets of Applications carry the id of their bundle in this label, and are selected by it. */
export const bundleLabel = 'bundleId';
const getConcurrency = 16;

/**
 * Applications and Secrets from the watch caches. Where the rights do not allow a watch, Applications are listed
 * afresh, and the Secrets too; where they may not be listed, those are read that the entries of our Applications name.
 */
export function createClusterReader(options: ClusterReaderOptions): ClusterReader {
  const { applications, secrets } = options;
  return {
    async snapshot(signal) {
      await Promise.all([applications.settled(signal), secrets.settled(signal)]);
      const current = applications.isCurrent() ? applications.cache.values() : await listApplications(options, signal);
      return {
        applications: current,
        secrets: secrets.isCurrent() ? secrets.cache.values() : await readSecrets(options, current, signal),
      };
    },
    limitations: options.limitations,
  };
}

async function listApplications(
  { client, pageSize }: ClusterReaderOptions,
  signal: AbortSignal,
): Promise<ApplicationResource[]> {
  const { items } = await client.list({ type: applicationType }, pageSize, signal);
  return items.map(parseApplication);
}

async function readSecrets(
  options: ClusterReaderOptions,
  applications: readonly ApplicationResource[],
  signal: AbortSignal,
): Promise<SecretResource[]> {
  const { client, namespace, pageSize, secrets } = options;
  // Where the watch merely fails, no right to read them by name is to be expected either.
  if (!secrets.isListable()) return readNamedSecrets(options, applications, signal);
  const { items } = await client.list({ type: secretType, namespace, labelSelector: bundleLabel }, pageSize, signal);
  return items.map(parseSecret);
}

async function readNamedSecrets(
  { client, namespace }: ClusterReaderOptions,
  applications: readonly ApplicationResource[],
  signal: AbortSignal,
): Promise<SecretResource[]> {
  const limit = pLimit(getConcurrency);
  const names = [...new Set(applications.flatMap(listSecretNames))];
  const reads = names.map((name) => limit(() => readSecret(client, { namespace, name }, signal)));
  try {
    const secrets = await Promise.all(reads);
    // The same choice as the watch's: what lacks the label is somebody else's.
    return secrets.filter((secret) => secret?.metadata.labels?.[bundleLabel] !== undefined).filter(isPresent);
  } finally {
    limit.clearQueue();
    await Promise.allSettled(reads.slice(0, getConcurrency));
  }
}

function isPresent<T>(value: T | undefined): value is T {
  return value !== undefined;
}

function listSecretNames({ spec }: ApplicationResource): string[] {
  if (spec.compassMetadata === undefined) return [];
  return (spec.services ?? [])
    .flatMap((service) => service.entries)
    .flatMap((entry) => [entry.credentials?.secretName, entry.requestParametersSecretName])
    .filter((name) => name !== undefined && name !== '')
    .filter(isPresent);
}
