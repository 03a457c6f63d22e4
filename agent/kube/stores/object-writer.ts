import type { KubeWriter, Manifest, Preconditions, Target } from '../api/kube-client.ts';
import { isKubeError, KubeError } from '../api/kube-error.ts';
import { isRecord, readMetadata } from '../api/kube-object.ts';
import type { ObjectKind } from '../api/object-kind.ts';
import type { ObjectSource } from '../watch/object-source.ts';
import type { Cached } from '../watch/resource-cache.ts';

/** Writes objects of one kind, and lets its source know at once what the API server answered. Throws KubeError. */
export interface ObjectWriter<T> {
  create(manifest: T, signal: AbortSignal): Promise<T>;
  /** Replaces the version that was read and no other: `conflict` when somebody wrote since, or it was never read. */
  update(object: T, signal: AbortSignal, subresource?: 'status'): Promise<T>;
  /**
   * Deletes the object in the state that was read; what is gone already is no failure. Gives the object where finalizers
   * keep it.
   */
  remove(place: Omit<Target, 'type'>, preconditions: Preconditions, signal: AbortSignal): Promise<T | undefined>;
}

export function createObjectWriter<T extends Cached & Manifest>(
  client: KubeWriter,
  { type, parse }: ObjectKind<T>,
  source: Pick<ObjectSource<T>, 'write' | 'remove'>,
): ObjectWriter<T> {
  return {
    create: (manifest, signal) =>
      source.write(manifest.metadata.name, async () => parse(await client.create(type, manifest, signal))),
    async update(object, signal, subresource) {
      const { name, namespace, resourceVersion } = object.metadata;
      // The API server would take it as it is, over whatever anybody wrote.
      if (resourceVersion === undefined) {
        throw new KubeError({ kind: 'conflict', attempt: { verb: 'update', type, namespace, name } });
      }
      const written = withoutManagedFields(object);
      return source.write(name, async () => parse(await client.update(type, written, signal, subresource)));
    },
    async remove(place, preconditions, signal) {
      let kept: T | undefined;
      await source.remove(place.name, preconditions.uid, async () => {
        try {
          const answer = await client.delete({ type, ...place }, preconditions, signal);
          kept = isStatus(answer) || !isKept(answer) ? undefined : parse(answer);
        } catch (error: unknown) {
          if (!isKubeError(error, 'not-found')) throw error;
        }
        return kept;
      });
      return kept;
    },
  };
}

/** The API server keeps its own where they are left out, and refuses them where they are not as it has them. */
function withoutManagedFields({ metadata: { managedFields: _, ...metadata }, ...object }: Manifest): Manifest {
  return { ...object, metadata };
}

function isStatus(answer: unknown): boolean {
  return isRecord(answer) && answer.kind === 'Status';
}

/** An object that is answered to a deletion is gone, unless finalizers keep it. */
function isKept(answer: unknown): boolean {
  const { finalizers } = readMetadata(answer);
  return Array.isArray(finalizers) && finalizers.length > 0;
}
