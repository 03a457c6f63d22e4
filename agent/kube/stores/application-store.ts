import type { ApplicationResource, SecretResource } from '../../domain/resources.ts';
import type { ApplicationWriter } from '../../sync/application-writer.ts';
import type { KubeClient, Manifest } from '../api/kube-client.ts';
import { isKubeError } from '../api/kube-error.ts';
import { isRecord, readMetadata } from '../api/kube-object.ts';
import { applicationType, type ResourceType, secretType } from '../api/resource-type.ts';
import type { Cached, ResourceCache } from '../watch/resource-cache.ts';
import { parseApplication, parseSecret } from './parse-object.ts';

export interface ManagedCaches {
  readonly applications: ResourceCache<ApplicationResource>;
  readonly secrets: ResourceCache<SecretResource>;
}

/** Writes Applications and their Secrets, and puts what the API server answered into the caches at once. */
export function createApplicationStore(
  client: KubeClient,
  caches: ManagedCaches,
  namespace: string,
): ApplicationWriter {
  const applications = createWriter(client, applicationType, caches.applications, parseApplication);
  const secrets = createWriter(client, secretType, caches.secrets, parseSecret);
  const place = (secret: SecretResource): SecretResource => ({
    ...secret,
    metadata: { namespace, ...secret.metadata },
  });
  return {
    createApplication: applications.create,
    updateApplication: applications.update,
    deleteApplication: (name, uid, signal) => applications.remove(undefined, name, uid, signal),
    createSecret: (manifest, signal) => secrets.create(place(manifest), signal),
    updateSecret: (resource, signal) => secrets.update(place(resource), signal),
    deleteSecret: (name, uid, signal) => secrets.remove(namespace, name, uid, signal),
  };
}

function createWriter<T extends Cached & Manifest>(
  client: KubeClient,
  type: ResourceType,
  cache: ResourceCache<T>,
  parse: (object: unknown) => T,
) {
  return {
    create: (manifest: T, signal: AbortSignal): Promise<T> =>
      cache.write(manifest.metadata.name, async () => parse(await client.create(type, manifest, signal))),
    update: (resource: T, signal: AbortSignal): Promise<T> =>
      cache.write(resource.metadata.name, async () => parse(await client.update(type, resource, signal))),
    remove: (namespace: string | undefined, name: string, uid: string, signal: AbortSignal): Promise<void> =>
      cache.remove(name, uid, async () => {
        try {
          const answer = await client.delete({ type, namespace, name }, { uid }, signal);
          return isStatus(answer) || !isKept(answer) ? undefined : parse(answer);
        } catch (error: unknown) {
          if (isKubeError(error, 'not-found')) return undefined;
          throw error;
        }
      }),
  };
}

function isStatus(answer: unknown): boolean {
  return isRecord(answer) && answer.kind === 'Status';
}

/** An object that is answered to a deletion is gone, unless finalizers keep it. */
function isKept(answer: unknown): boolean {
  const { finalizers } = readMetadata(answer);
  return Array.isArray(finalizers) && finalizers.length > 0;
}
