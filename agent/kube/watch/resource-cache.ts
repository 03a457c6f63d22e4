import type { ObjectMeta } from '../../domain/resources.ts';

export interface Cached {
  readonly metadata: ObjectMeta;
}

export type CacheChange<T> =
  | { kind: 'added'; object: T; initial: boolean }
  | { kind: 'modified'; object: T; previous: T; initial: boolean }
  | { kind: 'deleted'; previous: T; initial: boolean };

type CacheEvent<T> = { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: T };

/** Uids of objects that we deleted ourselves; the oldest are forgotten beyond this many. */
const maxTombstones = 20_000;

/**
 * What a watch has told about one kind of object, and what our own writes were answered. Keyed by name: a cache holds
 * the objects of one namespace, or of a cluster-scoped kind. Reports changes by others only: the events that echo our
 * own writes change nothing, since the write's answer is here before them.
 */
export class ResourceCache<T extends Cached> {
  readonly #objects = new Map<string, T>();
  readonly #tombstones = new Set<string>();
  /** Events about names that are being written wait here, so that the answer of the write comes first. */
  readonly #held = new Map<string, { writes: number; events: CacheEvent<T>[] }>();
  readonly #onChange: (change: CacheChange<T>) => void;
  #listed = false;
  #values: readonly T[] | undefined;

  constructor(onChange: (change: CacheChange<T>) => void) {
    this.#onChange = onChange;
  }

  /** The same list as long as nothing in it changes. */
  values(): readonly T[] {
    this.#values ??= [...this.#objects.values()];
    return this.#values;
  }

  get(name: string): T | undefined {
    return this.#objects.get(name);
  }

  /** Whether we deleted the object of this uid. */
  wasDeletedByUs(uid: string): boolean {
    return this.#tombstones.has(uid);
  }

  /** Takes over a complete list of that version; what we wrote after it stays. */
  replace(objects: readonly T[], listVersion: string | undefined): void {
    const listed = new Set<string>();
    for (const object of objects) {
      listed.add(object.metadata.name);
      this.apply({ type: 'ADDED', object });
    }
    for (const [name, previous] of this.#objects) {
      if (listed.has(name) || this.#held.has(name)) continue;
      if (listVersion !== undefined && isNewer(previous.metadata.resourceVersion, listVersion)) continue;
      this.#delete(name);
      this.#onChange({ kind: 'deleted', previous, initial: !this.#listed });
    }
    this.#listed = true;
  }

  /** Takes over one event of the watch. */
  apply(event: CacheEvent<T>): void {
    const { name, uid, resourceVersion } = event.object.metadata;
    const held = this.#held.get(name);
    if (held !== undefined) {
      held.events.push(event);
      return;
    }
    const previous = this.#objects.get(name);
    if (event.type === 'DELETED') {
      if (previous === undefined || previous.metadata.uid !== uid) return;
      this.#delete(name);
      this.#onChange({ kind: 'deleted', previous, initial: false });
      return;
    }
    if (uid !== undefined && this.#tombstones.has(uid)) return;
    if (previous === undefined) {
      this.#set(name, event.object);
      this.#onChange({ kind: 'added', object: event.object, initial: !this.#listed });
    } else if (isNewer(resourceVersion, previous.metadata.resourceVersion)) {
      this.#set(name, event.object);
      this.#onChange({ kind: 'modified', object: event.object, previous, initial: !this.#listed });
    }
  }

  /** Runs a create or update and keeps its answer, which is ours and no change by others. */
  async write(name: string, operation: () => Promise<T>): Promise<T> {
    return this.#hold(name, async () => {
      const object = await operation();
      const previous = this.#objects.get(name);
      if (
        previous?.metadata.uid !== object.metadata.uid ||
        isNewer(object.metadata.resourceVersion, previous?.metadata.resourceVersion)
      ) {
        this.#set(name, object);
      }
      return object;
    });
  }

  /** Runs a delete. An operation that yields an object says that finalizers still keep it. */
  async remove(name: string, uid: string, operation: () => Promise<T | undefined>): Promise<void> {
    await this.#hold(name, async () => {
      const kept = await operation();
      if (kept !== undefined) {
        this.#set(name, kept);
        return;
      }
      this.#bury(uid);
      if (this.#objects.get(name)?.metadata.uid === uid) this.#delete(name);
    });
  }

  #set(name: string, object: T): void {
    this.#values = undefined;
    this.#objects.set(name, object);
  }

  #delete(name: string): void {
    this.#values = undefined;
    this.#objects.delete(name);
  }

  #bury(uid: string): void {
    this.#tombstones.add(uid);
    if (this.#tombstones.size <= maxTombstones) return;
    const [oldest] = this.#tombstones;
    if (oldest !== undefined) this.#tombstones.delete(oldest);
  }

  async #hold<R>(name: string, operation: () => Promise<R>): Promise<R> {
    const held = this.#held.get(name) ?? { writes: 0, events: [] };
    held.writes += 1;
    this.#held.set(name, held);
    try {
      return await operation();
    } finally {
      held.writes -= 1;
      if (held.writes === 0) {
        this.#held.delete(name);
        for (const event of held.events) this.apply(event);
      }
    }
  }
}

/**
 * Compares resource versions, which order by number; against anything else a different version counts as newer, as a
 * watch delivers in order.
 */
function isNewer(version: string | undefined, than: string | undefined): boolean {
  if (version === undefined || than === undefined) return true;
  if (/^\d+$/.test(version) && /^\d+$/.test(than)) return BigInt(version) > BigInt(than);
  return version !== than;
}
