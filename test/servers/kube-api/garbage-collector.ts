import { NAMESPACES } from './built-in-resources.ts';
import type { KubeObject, ObjectMeta } from './kube-object.ts';
import type { Registry } from './registry.ts';
import type { ResourceCatalog } from './resource-catalog.ts';
import type { ResourceType } from './resource-type.ts';
import { type Storage, type StorageEvent, storageKey } from './storage.ts';

const DELAY_MS = 20;
const OWN_FINALIZERS = ['orphan', 'foregroundDeletion'];

/**
 * What kube-controller-manager does on a real cluster, a moment after the fact: it deletes objects whose owners are
 * all gone, finishes deletions with propagationPolicy Orphan and Foreground, and empties namespaces that are deleted.
 */
export class GarbageCollector {
  readonly #storage: Storage;
  readonly #catalog: ResourceCatalog;
  readonly #registry: Registry;
  readonly #liveUids = new Set<string>();
  /** Owner uid -> those that name it, as `<storage key> <namespace>/<name>`. */
  readonly #dependents = new Map<string, Map<string, Target>>();
  readonly #unsubscribe: () => void;
  #pending = new Map<string, Target>();
  #timer: NodeJS.Timeout | undefined;

  constructor(storage: Storage, catalog: ResourceCatalog, registry: Registry) {
    this.#storage = storage;
    this.#catalog = catalog;
    this.#registry = registry;
    this.#unsubscribe = storage.subscribe((event) => this.#onEvent(event));
  }

  stop(): void {
    this.#unsubscribe();
    clearTimeout(this.#timer);
  }

  #onEvent({ type, resource, object, previous }: StorageEvent): void {
    const target = { resource, namespace: object.metadata.namespace ?? '', name: object.metadata.name };
    for (const owner of previous?.metadata.ownerReferences ?? []) {
      this.#dependents.get(owner.uid)?.delete(idOf(target));
      if (this.#dependents.get(owner.uid)?.size === 0) this.#dependents.delete(owner.uid);
    }
    const uid = object.metadata.uid ?? '';
    if (type === 'DELETED') {
      this.#liveUids.delete(uid);
      for (const dependent of this.#dependentsOf(uid)) this.#schedule(dependent);
      return;
    }
    this.#liveUids.add(uid);
    for (const owner of object.metadata.ownerReferences ?? []) {
      const siblings = this.#dependents.get(owner.uid) ?? new Map<string, Target>();
      this.#dependents.set(owner.uid, siblings.set(idOf(target), target));
    }
    const going = object.metadata.deletionTimestamp !== undefined;
    if (going || object.metadata.ownerReferences !== undefined) this.#schedule(target);
  }

  #dependentsOf(uid: string): Target[] {
    return [...(this.#dependents.get(uid)?.values() ?? [])];
  }

  #schedule(target: Target): void {
    this.#pending.set(idOf(target), target);
    this.#timer ??= setTimeout(() => this.#collect(), DELAY_MS);
  }

  #collect(): void {
    const targets = [...this.#pending.values()];
    this.#pending = new Map();
    this.#timer = undefined;
    for (const target of targets) {
      const type = this.#catalog.all().find((candidate) => storageKey(candidate) === target.resource);
      const object = this.#storage.get(target.resource, target.namespace, target.name);
      if (type === undefined || object === undefined) continue;
      if (object.metadata.deletionTimestamp !== undefined) this.#finishDeletion(type, object);
      else this.#collectIfOrphaned(type, object);
    }
  }

  #collectIfOrphaned(type: ResourceType, object: KubeObject): void {
    const owners = object.metadata.ownerReferences ?? [];
    // An owner of an unknown kind cannot be shown to be absent, so it counts as there.
    const present = owners.filter(
      (owner) => this.#liveUids.has(owner.uid) || this.#catalog.findKind(owner.apiVersion, owner.kind) === undefined,
    );
    if (owners.length === present.length) return;
    if (present.length === 0) this.#delete(type, object);
    else this.#putMetadata(type, object, { ...object.metadata, ownerReferences: present });
  }

  #finishDeletion(type: ResourceType, object: KubeObject): void {
    if (type === NAMESPACES) {
      this.#emptyNamespace(object);
      return;
    }
    const { uid = '', finalizers = [] } = object.metadata;
    const mine = finalizers.filter((finalizer) => OWN_FINALIZERS.includes(finalizer));
    if (mine.length === 0) return;
    for (const { resource, namespace, name } of this.#dependentsOf(uid)) {
      const dependent = this.#storage.get(resource, namespace, name);
      const dependentType = this.#catalog.all().find((candidate) => storageKey(candidate) === resource);
      if (dependent === undefined || dependentType === undefined) continue;
      if (mine.includes('orphan')) this.#putMetadata(dependentType, dependent, withoutOwner(dependent.metadata, uid));
      else this.#delete(dependentType, dependent);
    }
    const remaining = finalizers.filter((finalizer) => !mine.includes(finalizer));
    if (remaining.length > 0) this.#putMetadata(type, object, { ...object.metadata, finalizers: remaining });
    else this.#storage.remove(storageKey(type), object);
  }

  #emptyNamespace(namespace: KubeObject): void {
    const content = this.#catalog
      .all()
      .filter((type) => type.namespaced)
      .flatMap((type) =>
        this.#storage
          .list(storageKey(type))
          .filter((object) => object.metadata.namespace === namespace.metadata.name)
          .map((object) => ({ type, object })),
      );
    for (const { type, object } of content) this.#delete(type, object);
    if (content.length === 0) this.#registry.finishNamespace(namespace);
    else this.#schedule({ resource: storageKey(NAMESPACES), namespace: '', name: namespace.metadata.name });
  }

  #delete(type: ResourceType, { metadata }: KubeObject): void {
    const key = { type, namespace: metadata.namespace ?? '', name: metadata.name };
    this.#registry.delete(key, { dryRun: false, uid: metadata.uid, propagationPolicy: 'Background' });
  }

  #putMetadata(type: ResourceType, object: KubeObject, metadata: ObjectMeta): void {
    this.#storage.put(storageKey(type), { ...object, metadata });
  }
}

interface Target {
  resource: string;
  namespace: string;
  name: string;
}

function idOf({ resource, namespace, name }: Target): string {
  return `${resource} ${namespace}/${name}`;
}

function withoutOwner(metadata: ObjectMeta, uid: string): ObjectMeta {
  const { ownerReferences = [], ...rest } = metadata;
  const others = ownerReferences.filter((owner) => owner.uid !== uid);
  return others.length === 0 ? rest : { ...rest, ownerReferences: others };
}
