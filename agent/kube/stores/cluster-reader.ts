import pLimit from 'p-limit';
import type { ApplicationResource, SecretResource } from '../../domain/resources.ts';
import type { ClusterReader } from '../../sync/ports.ts';
import { isKubeError } from '../api/kube-error.ts';
import type { ObjectSource } from '../watch/object-source.ts';

export interface ClusterReaderOptions {
  applications: ObjectSource<ApplicationResource>;
  /** Those with the label of a bundle. */
  secrets: ObjectSource<SecretResource>;
}

/** Secrets of Applications carry the id of their bundle in this label, and are selected by it. */
export const bundleLabel = 'bundleId';
const getConcurrency = 16;

/**
 * Every Application, and the Secrets that carry the label of a bundle. Where Secrets may not be listed, those are read
 * that the entries of our Applications name.
 */
export function createClusterReader({ applications, secrets }: ClusterReaderOptions): ClusterReader {
  let wasPermitted = false;
  return {
    async snapshot(signal) {
      await Promise.all([applications.settled(signal), secrets.settled(signal)]);
      const present = await applications.list(signal);
      try {
        const listed = await secrets.list(signal);
        wasPermitted = true;
        return { applications: present, secrets: listed };
      } catch (error: unknown) {
        if (!isKubeError(error, 'forbidden')) throw error;
        const isFirst = wasPermitted;
        wasPermitted = false;
        // An API server that has just started refuses what it permits once it knows the roles: the first refusal tells little.
        if (isFirst) throw error;
        return { applications: present, secrets: await readNamedSecrets(secrets, present, signal) };
      }
    },
  };
}

async function readNamedSecrets(
  secrets: ObjectSource<SecretResource>,
  applications: readonly ApplicationResource[],
  signal: AbortSignal,
): Promise<SecretResource[]> {
  const limit = pLimit(getConcurrency);
  const names = [...new Set(applications.flatMap(listSecretNames))];
  const reads = names.map((name) => limit(() => secrets.get(name, signal)));
  try {
    const found = await Promise.all(reads);
    // The same choice as that of a list: what lacks the label is somebody else's.
    return found.filter((secret) => secret?.metadata.labels?.[bundleLabel] !== undefined).filter(isPresent);
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
