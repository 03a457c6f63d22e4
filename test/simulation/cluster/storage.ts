import type { Clock } from '../time/clock.ts';
import { keyOf, type Metadata, type Place, type Plural, type StoredObject, toText } from './object.ts';

export interface Change {
  readonly version: number;
  readonly place: Place;
  readonly before: StoredObject | undefined;
  readonly after: StoredObject | undefined;
}

/** All objects at an instant. */
export type Snapshot = readonly { readonly place: Place; readonly object: StoredObject }[];

export interface Refusal {
  readonly status: number;
  readonly reason: string;
  readonly name: string;
  readonly message?: string;
}

const keptChanges = 400;

/** etcd and the rules of the API server's storage: versions, uids, optimistic writes, finalizers, a log of changes. */
export class Storage {
  readonly objects = new Map<string, { readonly place: Place; readonly object: StoredObject }>();
  readonly #changes: Change[] = [];
  readonly #clock: Clock;
  readonly #onChange: (change: Change) => void;
  /** Whether the CompassConnection is stored as the CRD of this agent has it. */
  readonly #hasStatus: boolean;
  version = 100;
  /** Changes up to here are forgotten: a watch cannot go on from before. */
  compactedTo = 0;
  #uids = 0;

  constructor(clock: Clock, hasStatus: boolean, onChange: (change: Change) => void) {
    this.#clock = clock;
    this.#hasStatus = hasStatus;
    this.#onChange = onChange;
  }

  get(place: Place): StoredObject | undefined {
    return this.objects.get(keyOf(place))?.object;
  }

  list(plural: Plural, namespace?: string): StoredObject[] {
    return [...this.objects.values()]
      .filter(({ place }) => place.plural === plural && (namespace === undefined || place.namespace === namespace))
      .map(({ object }) => object);
  }

  snapshot(): Snapshot {
    return [...this.objects.values()];
  }

  changesAfter(version: number): Change[] {
    return this.#changes.filter((change) => change.version > version);
  }

  /** The last few of those that a watch from there on need not tell. */
  changesUpTo(version: number, count: number): Change[] {
    return count === 0 ? [] : this.#changes.filter((change) => change.version <= version).slice(-count);
  }

  compact(): void {
    this.compactedTo = this.version;
    this.#changes.length = 0;
  }

  create(place: Place, object: StoredObject): StoredObject | Refusal {
    if (this.get(place) !== undefined) return { status: 409, reason: 'AlreadyExists', name: place.name };
    this.#uids += 1;
    const metadata: Metadata = {
      ...object.metadata,
      name: place.name,
      ...(place.namespace !== '' && { namespace: place.namespace }),
      uid: `uid-${this.#uids}`,
      creationTimestamp: new Date(this.#clock.nowMs()).toISOString(),
      generation: 1,
    };
    return this.#put(place, undefined, this.#prune(place, { ...object, metadata }, undefined));
  }

  /** Replaces an object; `subresource`: its status alone. */
  update(place: Place, object: StoredObject, subresource: boolean): StoredObject | Refusal {
    const before = this.get(place);
    if (before === undefined) return { status: 404, reason: 'NotFound', name: place.name };
    const { resourceVersion, uid } = object.metadata;
    if (resourceVersion !== undefined && resourceVersion !== before.metadata.resourceVersion) {
      return { status: 409, reason: 'Conflict', name: place.name };
    }
    if (uid !== undefined && uid !== before.metadata.uid) return { status: 409, reason: 'Conflict', name: place.name };
    const kept = ['uid', 'creationTimestamp', 'deletionTimestamp', 'resourceVersion', 'generation'] as const;
    const own = Object.fromEntries(
      kept.flatMap((key) => (before.metadata[key] === undefined ? [] : [[key, before.metadata[key]]])),
    );
    const wanted = subresource
      ? { ...before, ...(object.status && { status: object.status }) }
      : this.#prune(place, { ...object, metadata: { ...object.metadata, ...own } }, before);
    if (toText(before) === JSON.stringify(wanted)) return before;
    const isSpecChanged = !isSame(before.spec, wanted.spec);
    const generation = (before.metadata.generation ?? 1) + (isSpecChanged ? 1 : 0);
    const written = { ...wanted, metadata: { ...wanted.metadata, generation } };
    const isFreed =
      written.metadata.deletionTimestamp !== undefined && (written.metadata.finalizers ?? []).length === 0;
    return isFreed ? this.#remove(place, written) : this.#put(place, before, written);
  }

  /** Gives the object where finalizers keep it, and as it was where it is gone. */
  delete(place: Place, uid: string | undefined, version?: string): StoredObject | Refusal {
    const before = this.get(place);
    if (before === undefined) return { status: 404, reason: 'NotFound', name: place.name };
    const isOther = uid !== undefined && uid !== before.metadata.uid;
    const isNewer = version !== undefined && version !== before.metadata.resourceVersion;
    if (isOther || isNewer) return { status: 409, reason: 'Conflict', name: place.name };
    if ((before.metadata.finalizers ?? []).length === 0) return this.#remove(place, before);
    if (before.metadata.deletionTimestamp !== undefined) return before;
    const deletionTimestamp = new Date(this.#clock.nowMs()).toISOString();
    return this.#put(place, before, { ...before, metadata: { ...before.metadata, deletionTimestamp } });
  }

  #put(place: Place, before: StoredObject | undefined, object: StoredObject): StoredObject {
    this.version += 1;
    const after = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.version) } };
    this.objects.set(keyOf(place), { place, object: after });
    this.#note({ version: this.version, place, before, after });
    return after;
  }

  #remove(place: Place, object: StoredObject): StoredObject {
    this.version += 1;
    const before = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.version) } };
    this.objects.delete(keyOf(place));
    this.#note({ version: this.version, place, before, after: undefined });
    return before;
  }

  #note(change: Change): void {
    this.#changes.push(change);
    if (this.#changes.length > keptChanges) this.compactedTo = this.#changes.shift()?.version ?? this.compactedTo;
    this.#onChange(change);
  }

  /** The CRD that the Go agent ships knows fewer fields of the CompassConnection and has no status subresource. */
  #prune(place: Place, object: StoredObject, before: StoredObject | undefined): StoredObject {
    if (place.plural !== 'compassconnections') return object;
    const { status: written, ...rest } = object;
    if (this.#hasStatus) return before?.status === undefined ? rest : { ...rest, status: before.status };
    const { suspend: _, ...spec } = rest.spec ?? {};
    if (written === undefined) return { ...rest, spec };
    const { connectionState, connectionStatus, synchronizationStatus } = written;
    return { ...rest, spec, status: { connectionState, connectionStatus, synchronizationStatus } };
  }
}

export function isRefusal(outcome: StoredObject | Refusal): outcome is Refusal {
  return 'reason' in outcome;
}

function isSame(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
