import type { KubeObject } from './kube-object.ts';
import { expired, type ResourceName, StatusError } from './status-error.ts';

/** One change of one object. `object` carries the resourceVersion of the change, also when it was deleted. */
export interface StorageEvent {
  version: number;
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  resource: string;
  object: KubeObject;
  previous: KubeObject | undefined;
}

/** Where one kind of object is kept: resources of the same group and plural share it, whatever their version. */
export function storageKey(resource: ResourceName): string {
  return `${resource.group}/${resource.plural}`;
}

const HISTORY_LIMIT = 50_000;

/**
 * The etcd of the embedded API: objects in memory, one version counter for all of them, and the log of changes that
 * watches resume from. Objects go in and out by reference and are never modified.
 */
export class Storage {
  #version = 1;
  #compactedAt = 1;
  #log: StorageEvent[] = [];
  readonly #tables = new Map<string, Map<string, KubeObject>>();
  readonly #listeners = new Set<(event: StorageEvent) => void>();

  get version(): number {
    return this.#version;
  }

  get(resource: string, namespace: string, name: string): KubeObject | undefined {
    return this.#tables.get(resource)?.get(`${namespace}/${name}`);
  }

  /** Stores an object as a new version of itself and returns what was stored. */
  put(resource: string, object: KubeObject): KubeObject {
    const table = this.#tables.get(resource) ?? new Map<string, KubeObject>();
    this.#tables.set(resource, table);
    const key = keyOf(object);
    const previous = table.get(key);
    const stored = this.#nextVersionOf(object);
    table.set(key, stored);
    this.#append(previous === undefined ? 'ADDED' : 'MODIFIED', resource, stored, previous);
    return stored;
  }

  remove(resource: string, object: KubeObject): void {
    const table = this.#tables.get(resource);
    const previous = table?.get(keyOf(object));
    if (table === undefined || previous === undefined) return;
    table.delete(keyOf(object));
    this.#append('DELETED', resource, this.#nextVersionOf(object), previous);
  }

  /** Whether what was at that version can be told no more. */
  hasForgotten(version: number): boolean {
    return version < this.#compactedAt;
  }

  /** Every object of a resource as of now, or as of an older version not forgotten; sorted by namespace and name. */
  list(resource: string, atVersion = this.#version): KubeObject[] {
    const table = this.#tables.get(resource);
    if (atVersion === this.#version) return sortByKey(table ?? new Map());
    const snapshot = new Map(table);
    for (const event of this.#eventsAfter(atVersion).reverse()) {
      if (event.resource !== resource) continue;
      if (event.previous === undefined) snapshot.delete(keyOf(event.object));
      else snapshot.set(keyOf(event.previous), event.previous);
    }
    return sortByKey(snapshot);
  }

  /** The changes after a version; throws 410 Expired where they have been forgotten. */
  since(version: number): StorageEvent[] {
    if (this.hasForgotten(version)) {
      throw expired(`too old resource version: ${version} (${this.#compactedAt})`);
    }
    return this.#eventsAfter(version);
  }

  /** Throws what a list answers that asks for a version that has not happened yet. */
  assertNotFuture(version: number): void {
    if (version <= this.#version) return;
    const message = `Timeout: Too large resource version: ${version}, current: ${this.#version}`;
    throw new StatusError(504, 'Timeout', message, {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    });
  }

  subscribe(listener: (event: StorageEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Forgets the history: who resumes from any version up to now must list again. */
  compact(): void {
    // A version of its own, so that even a client that has seen everything finds its version gone.
    this.#version += 1;
    this.#compactedAt = this.#version;
    this.#log = [];
  }

  #nextVersionOf(object: KubeObject): KubeObject {
    this.#version += 1;
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } };
  }

  #append(type: StorageEvent['type'], resource: string, object: KubeObject, previous: KubeObject | undefined): void {
    const event = { version: this.#version, type, resource, object, previous };
    this.#log.push(event);
    if (this.#log.length > 2 * HISTORY_LIMIT) {
      this.#compactedAt = this.#log[HISTORY_LIMIT]?.version ?? this.#version;
      this.#log = this.#log.slice(HISTORY_LIMIT + 1);
    }
    for (const listener of [...this.#listeners]) listener(event);
  }

  #eventsAfter(version: number): StorageEvent[] {
    let low = 0;
    let high = this.#log.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#log[middle]?.version ?? 0) <= version) low = middle + 1;
      else high = middle;
    }
    return this.#log.slice(low);
  }
}

function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

function sortByKey(table: ReadonlyMap<string, KubeObject>): KubeObject[] {
  return [...table].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
}
