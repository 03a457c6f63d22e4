import { keepPacked } from '../../domain/keep-packed.ts';
import type { ObjectMeta } from '../../domain/resources.ts';
import { hadNoEffect, isKubeError } from '../api/kube-error.ts';
import { readMetadata } from '../api/kube-object.ts';

export interface Cached {
  readonly metadata: ObjectMeta;
}

export type CacheChange<T> =
  | { kind: 'added'; object: T; initial: boolean }
  | { kind: 'modified'; object: T; previous: T; initial: boolean }
  | { kind: 'deleted'; previous: T; initial: boolean };

/** An object, packed where there may be many, with what is asked of it each time that it is told or written. */
interface Kept<T> {
  readonly object: T;
  readonly uid: string | undefined;
  readonly version: string | undefined;
}

/** A name whose last write may have had another effect than the cache knows. */
export interface Doubt {
  readonly name: string;
  readonly by: 'write' | 'remove';
}

type CacheEvent<T> = { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: T };

/** Uids of objects that we deleted ourselves; the oldest are forgotten beyond this many. */
const maxTombstones = 20_000;

/**
 * What a watch has told about one kind of object, and what our own writes were answered. Keyed by name: a cache holds
 * the objects of one namespace, or of a cluster-scoped kind. Reports changes by others only: the events that echo our
 * own writes change nothing, since the write's answer is here before them.
 */
export class ResourceCache<T extends Cached> {
  readonly #objects = new Map<string, Kept<T>>();
  readonly #tombstones = new Set<string>();
  /** Events about names that are being written wait here, so that the answer of the write comes first. */
  readonly #held = new Map<string, { writes: number; events: (() => void)[] }>();
  /**
   * Of names whose last write got no answer, or was told that there is no such object: the watch need not tell soon what is
   * so. Each is another one once the watch has told something of its name.
   */
  readonly #doubted = new Map<string, Doubt>();
  /** Those of them that the list on its way settles. */
  #doubtedBeforeList: ReadonlyMap<string, object> = new Map();
  readonly #onChange: (change: CacheChange<T>) => void;
  readonly #size: 'one' | 'many';
  #listed = false;
  /** Names that we wrote while a list is on its way; undefined: none is. */
  #writtenSinceList: Set<string> | undefined;
  #values: readonly T[] | undefined;

  /** @param size One object alone is kept as it is, since each sync reads it many times. */
  constructor(onChange: (change: CacheChange<T>) => void, size: 'one' | 'many' = 'many') {
    this.#onChange = onChange;
    this.#size = size;
  }

  /** The same list as long as nothing in it changes. */
  values(): readonly T[] {
    this.#values ??= Array.from(this.#objects.values(), ({ object }) => object);
    return this.#values;
  }

  get(name: string): T | undefined {
    return this.#objects.get(name)?.object;
  }

  /** Whether we deleted the object of this uid. */
  wasDeletedByUs(uid: string): boolean {
    return this.#tombstones.has(uid);
  }

  /** Of which names only the API server knows what became of our last write. */
  doubts(): readonly Doubt[] {
    return [...this.#doubted.values()];
  }

  doubtOf(name: string): Doubt | undefined {
    return this.#doubted.get(name);
  }

  /**
   * Takes over what the API server says of a doubted name: undefined where there is no object. What the watch has told since
   * the doubt was looked up may be newer than that, and leaves the doubt standing. An object that the watch does not select
   * is none of the cache's: the watch would never tell what becomes of it.
   */
  settle(doubt: Doubt, object: T | undefined, isSelected = true): void {
    const { name, by } = doubt;
    if (this.#doubted.get(name) !== doubt || this.#held.has(name)) return;
    this.#doubted.delete(name);
    const previous = this.#objects.get(name);
    if (object !== undefined && isSelected) {
      if (previous?.version !== object.metadata.resourceVersion) this.#set(name, object);
      return;
    }
    if (previous === undefined) return;
    this.#delete(name);
    const isRemoved = by === 'remove' && object === undefined;
    if (isRemoved && previous.uid !== undefined) this.#bury(previous.uid);
    if (!isRemoved) this.#onChange({ kind: 'deleted', previous: previous.object, initial: false });
  }

  /** Takes note of an object that was read beside the watch. One that the watch has told to be gone meanwhile stays gone. */
  note(object: T): void {
    const { name, uid } = object.metadata;
    if (this.#objects.get(name)?.uid === uid) this.apply({ type: 'MODIFIED', object });
  }

  /** A list is asked for: what we write from now on may be missing in it, or be older there. */
  beginList(): void {
    this.#writtenSinceList = new Set();
    this.#doubtedBeforeList = new Map(this.#doubted);
  }

  /**
   * Takes over the complete list that was begun last, whatever versions were known before: those of a cluster that was
   * restored from a backup begin lower again. Only what we wrote meanwhile stays.
   */
  replace(objects: readonly T[]): void {
    const written = this.#writtenSinceList ?? new Set();
    this.#writtenSinceList = undefined;
    for (const [name, doubt] of this.#doubtedBeforeList) {
      if (this.#doubted.get(name) === doubt) this.#doubted.delete(name);
    }
    const isOurs = (name: string) => this.#held.has(name) || written.has(name);
    const listed = new Set<string>();
    for (const object of objects) {
      const { name } = object.metadata;
      listed.add(name);
      if (isOurs(name)) this.apply({ type: 'ADDED', object });
      else this.#takeListed(object);
    }
    for (const [name, { object: previous }] of this.#objects) {
      if (listed.has(name) || isOurs(name)) continue;
      this.#delete(name);
      this.#onChange({ kind: 'deleted', previous, initial: !this.#listed });
    }
    this.#listed = true;
  }

  /**
   * Takes over one event of the watch. Its object is parsed only where it may be news: most events of a cluster that fills
   * are echoes of our own writes.
   */
  tell(type: CacheEvent<T>['type'], unparsed: unknown, parse: (object: unknown) => T | undefined): void {
    const { name, uid, resourceVersion } = readMetadata(unparsed);
    if (typeof name === 'string') {
      if (this.#holdBack(name, () => this.tell(type, unparsed, parse))) return;
      const known = this.#objects.get(name);
      const isKnown = known?.version !== undefined && known.version === resourceVersion && known.uid === uid;
      if (isKnown && type !== 'DELETED') return;
    }
    const object = parse(unparsed);
    if (object !== undefined) this.apply({ type, object });
  }

  /** Takes over one event, parsed. */
  apply(event: CacheEvent<T>): void {
    const { name, uid, resourceVersion } = event.object.metadata;
    if (this.#holdBack(name, () => this.apply(event))) return;
    const doubt = this.#doubted.get(name);
    if (doubt !== undefined) this.#doubted.set(name, { ...doubt });
    const previous = this.#objects.get(name);
    if (event.type === 'DELETED') {
      if (previous === undefined || previous.uid !== uid) return;
      this.#delete(name);
      this.#onChange({ kind: 'deleted', previous: previous.object, initial: false });
      return;
    }
    if (uid !== undefined && this.#tombstones.has(uid)) return;
    if (previous === undefined || isNewer(resourceVersion, previous.version)) {
      this.#take(event.object, previous?.object);
    }
  }

  /** Runs a create or update and keeps its answer, which is ours and no change by others. */
  async write(name: string, operation: () => Promise<T>): Promise<T> {
    return this.#hold(name, 'write', async () => {
      const object = await operation();
      this.#writtenSinceList?.add(name);
      const previous = this.#objects.get(name);
      const { uid, resourceVersion } = object.metadata;
      if (previous?.uid !== uid || isNewer(resourceVersion, previous?.version)) this.#set(name, object);
      return object;
    });
  }

  /** Runs a delete. An operation that yields an object says that finalizers still keep it. */
  async remove(name: string, uid: string, operation: () => Promise<T | undefined>): Promise<void> {
    await this.#hold(name, 'remove', async () => {
      const kept = await operation();
      this.#writtenSinceList?.add(name);
      if (kept !== undefined) {
        this.#set(name, kept);
        return;
      }
      this.#bury(uid);
      if (this.#objects.get(name)?.uid === uid) this.#delete(name);
    });
  }

  /** What we have deleted before the list was asked for is there again. */
  #takeListed(object: T): void {
    const { name, uid, resourceVersion } = object.metadata;
    if (uid !== undefined) this.#tombstones.delete(uid);
    const previous = this.#objects.get(name);
    if (previous?.uid !== uid || previous?.version !== resourceVersion) this.#take(object, previous?.object);
  }

  #take(object: T, previous: T | undefined): void {
    const initial = !this.#listed;
    this.#set(object.metadata.name, object);
    if (previous === undefined) this.#onChange({ kind: 'added', object, initial });
    else this.#onChange({ kind: 'modified', object, previous, initial });
  }

  #set(name: string, object: T): void {
    this.#values = undefined;
    const { uid, resourceVersion: version } = object.metadata;
    this.#objects.set(name, { object: this.#size === 'many' ? keepPacked(object) : object, uid, version });
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

  async #hold<R>(name: string, by: 'write' | 'remove', operation: () => Promise<R>): Promise<R> {
    const held = this.#held.get(name) ?? { writes: 0, events: [] };
    held.writes += 1;
    this.#held.set(name, held);
    try {
      const result = await operation();
      this.#doubted.delete(name);
      return result;
    } catch (error: unknown) {
      const isMissing = isKubeError(error, 'not-found') && this.#objects.has(name);
      if (!hadNoEffect(error) || isMissing) this.#doubted.set(name, { name, by });
      throw error;
    } finally {
      held.writes -= 1;
      if (held.writes === 0) {
        this.#held.delete(name);
        for (const takeOver of held.events) takeOver();
      }
    }
  }

  #holdBack(name: string, takeOver: () => void): boolean {
    const held = this.#held.get(name);
    held?.events.push(takeOver);
    return held !== undefined;
  }
}

/** Whether a resource version is newer for certain: Kubernetes orders them by number. */
export function isNewerVersion(version: string, than: string): boolean {
  return areNumbers(version, than) && BigInt(version) > BigInt(than);
}

/** Against what is no number a different version counts as newer, as a watch delivers in order. */
function isNewer(version: string | undefined, than: string | undefined): boolean {
  if (version === undefined || than === undefined) return true;
  return areNumbers(version, than) ? isNewerVersion(version, than) : version !== than;
}

function areNumbers(...versions: readonly string[]): boolean {
  return versions.every((version) => /^\d+$/.test(version));
}
