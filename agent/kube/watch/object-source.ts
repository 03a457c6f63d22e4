import type { KubeReader } from '../api/kube-client.ts';
import { listOne, type ObjectSelection, readObject } from '../api/object-kind.ts';
import { type Cached, type Doubt, isNewerVersion, type ResourceCache } from './resource-cache.ts';
import type { ResourceWatch } from './resource-watch.ts';

/**
 * Where a store reads its objects: what a watch keeps, or the API server itself. Readers do not know which; what they
 * write goes through the source too, so that the next read shows it.
 */
export interface ObjectSource<T extends Cached> {
  /** Resolves when reads no longer wait for the first list; rejects on abort. */
  settled(signal: AbortSignal): Promise<void>;
  /** The same list as before where nothing in it changed since, as far as that is known. */
  list(signal: AbortSignal): Promise<readonly T[]>;
  get(name: string, signal: AbortSignal): Promise<T | undefined>;
  /**
   * Takes note of what was read beside the watch, before it is written over: what others have changed in it is told as if
   * the watch had told it, which no longer does once the answer of the write is here.
   */
  note(object: T): void;
  /** Runs a create or an update, which gives the object as it is stored now. */
  write(name: string, operation: () => Promise<T>): Promise<T>;
  /** Runs a delete, which gives the object where finalizers still keep it. */
  remove(name: string, uid: string, operation: () => Promise<T | undefined>): Promise<void>;
}

export interface LiveSource<T extends Cached> extends ObjectSource<T> {
  /** As `get`, by a right to list. By its name an object is found also where it lacks the label of the selection. */
  find(name: string, signal: AbortSignal): Promise<T | undefined>;
}

/** Asks the API server each time. Reads throw KubeError. */
export function createLiveSource<T extends Cached>(
  client: KubeReader,
  selection: ObjectSelection<T>,
  pageSize: number,
): LiveSource<T> {
  const { type, namespace, parse } = selection;
  return {
    async find(name, signal) {
      const found = await listOne(client, { type, namespace, name }, signal);
      return found === undefined ? undefined : parse(found);
    },
    settled: () => Promise.resolve(),
    async list(signal) {
      const { items } = await client.list(selection, pageSize, signal);
      return items.map(parse);
    },
    get: (name, signal) => readObject(client, selection, { namespace, name }, signal),
    note: () => undefined,
    write: (_, operation) => operation(),
    async remove(_name, _uid, operation) {
      await operation();
    },
  };
}

/** More doubted names than that are settled by one list. */
const maxSingleReads = 20;

/**
 * Reads what the watch keeps while that can be used, and else live. What became of a write whose answer was lost is asked
 * before it is relied upon: the connection that lost the answer may have the watch fall silent too.
 */
export function createWatchedSource<T extends Cached>(
  watch: ResourceWatch<T>,
  live: Pick<LiveSource<T>, 'list' | 'get' | 'find'>,
): ObjectSource<T> {
  const { cache } = watch;
  const readAhead = new ReadAhead(cache);
  /** Each role that permits a watch permits this. */
  const findOne = watch.selection.name === undefined ? live.find : live.get;
  const settle = (doubt: Doubt, object: T | undefined) => cache.settle(doubt, object, isSelected(watch, object));
  return {
    settled: (signal) => watch.settled(signal),
    async list(signal) {
      await watch.settled(signal);
      if (!watch.isCurrent()) return live.list(signal);
      await settleDoubts(cache.doubts(), settle, { list: live.list, findOne }, signal);
      return cache.values();
    },
    async get(name, signal) {
      await watch.settled(signal);
      if (!watch.isCurrent() || readAhead.isBehind(name)) {
        const object = await live.get(name, signal);
        readAhead.note(name, object);
        return object;
      }
      const doubt = cache.doubtOf(name);
      if (doubt !== undefined) settle(doubt, await findOne(name, signal));
      return cache.get(name);
    },
    note: (object) => cache.note(object),
    write: (name, operation) => cache.write(name, operation),
    remove: (name, uid, operation) => cache.remove(name, uid, operation),
  };
}

/**
 * What was read live while the watch was away. A watch that comes back tells every state of the meantime, one after the
 * other: without this, a token that was replaced long ago would look like a new one.
 */
class ReadAhead<T extends Cached> {
  readonly #cache: ResourceCache<T>;
  readonly #versions = new Map<string, string | undefined>();

  constructor(cache: ResourceCache<T>) {
    this.#cache = cache;
  }

  /** Whether the watch has not come as far as the last live read of this object. */
  isBehind(name: string): boolean {
    if (!this.#versions.has(name)) return false;
    const version = this.#versions.get(name);
    const kept = this.#cache.get(name)?.metadata.resourceVersion;
    return version === undefined || kept === undefined || isNewerVersion(version, kept);
  }

  note(name: string, object: T | undefined): void {
    const version = object?.metadata.resourceVersion;
    if (version === this.#cache.get(name)?.metadata.resourceVersion) this.#versions.delete(name);
    else this.#versions.set(name, version);
  }
}

/** By its name an object is found also where it lacks the label by which the watch selects. */
function isSelected<T extends Cached>(
  { selection: { labelSelector } }: Pick<ResourceWatch<T>, 'selection'>,
  object: T | undefined,
): boolean {
  return labelSelector === undefined || object?.metadata.labels?.[labelSelector] !== undefined;
}

async function settleDoubts<T extends Cached>(
  doubts: readonly Doubt[],
  settle: (doubt: Doubt, object: T | undefined) => void,
  { list, findOne }: Pick<LiveSource<T>, 'list'> & { readonly findOne: LiveSource<T>['get'] },
  signal: AbortSignal,
): Promise<void> {
  if (doubts.length <= maxSingleReads) {
    for (const doubt of doubts) settle(doubt, await findOne(doubt.name, signal));
    return;
  }
  const objects = new Map((await list(signal)).map((object) => [object.metadata.name, object]));
  for (const doubt of doubts) settle(doubt, objects.get(doubt.name));
}
