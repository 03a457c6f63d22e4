import type { KubeReader, Target } from './kube-client.ts';
import { isKubeError } from './kube-error.ts';
import type { ResourceType } from './resource-type.ts';
import type { Selection } from './selection.ts';

/** A kind of object, and how its JSON is read; `parse` throws KubeError `malformed`. */
export interface ObjectKind<T> {
  readonly type: ResourceType;
  readonly parse: (object: unknown) => T;
}

/** Which objects of a kind are meant. */
export type ObjectSelection<T> = ObjectKind<T> & Selection;

/** One object, asked for by its name; undefined when there is none. Throws KubeError. */
export async function readObject<T>(
  client: KubeReader,
  { type, parse }: ObjectKind<T>,
  place: Omit<Target, 'type'>,
  signal: AbortSignal,
): Promise<T | undefined> {
  try {
    return parse(await client.get({ type, ...place }, signal));
  } catch (error: unknown) {
    if (isKubeError(error, 'not-found')) return undefined;
    throw error;
  }
}
