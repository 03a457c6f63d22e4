import { BUILT_IN_RESOURCES, CUSTOM_RESOURCE_DEFINITIONS } from './built-in-resources.ts';
import { apiVersionOf, type ResourceType } from './resource-type.ts';
import { type Storage, type StorageEvent, storageKey } from './storage.ts';
import { toResourceTypes } from './to-resource-types.ts';

const CRDS = storageKey(CUSTOM_RESOURCE_DEFINITIONS);

/** Which kinds of object the server has at this moment: the built-in ones and those of the stored CRDs. */
export class ResourceCatalog {
  readonly #custom = new Map<string, ResourceType[]>();

  constructor(storage: Storage) {
    storage.subscribe((event) => this.#onEvent(event));
  }

  all(): ResourceType[] {
    return [...BUILT_IN_RESOURCES, ...[...this.#custom.values()].flat()];
  }

  find(group: string, version: string, plural: string): ResourceType | undefined {
    return this.all().find((type) => type.plural === plural && type.group === group && type.version === version);
  }

  /** The kind that an owner reference names, in whatever version. */
  findKind(apiVersion: string, kind: string): ResourceType | undefined {
    return this.all().find((type) => type.kind === kind && apiVersionOf(type) === apiVersion);
  }

  #onEvent(event: StorageEvent): void {
    if (event.resource !== CRDS) return;
    const { name } = event.object.metadata;
    if (event.type === 'DELETED') this.#custom.delete(name);
    // Compiling a schema takes time; status writes do not change it.
    else if (event.object.metadata.generation !== event.previous?.metadata.generation)
      this.#custom.set(name, toResourceTypes(event.object));
  }
}
