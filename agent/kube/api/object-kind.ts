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

/**
 * One object, as it came, by a list of its name: reading one by its name is a right of its own, which the agent has for few.
 * undefined when there is none. Throws KubeError.
 */
export async function listOne(
  client: Pick<KubeReader, 'list'>,
  { type, namespace, name }: Target,
  signal: AbortSignal,
): Promise<unknown> {
  const selection = { type, name, ...(namespace === undefined ? {} : { namespace }) };
  return (await client.list(selection, 1, signal)).items[0];
}

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
