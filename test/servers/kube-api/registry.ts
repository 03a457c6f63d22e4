import { randomInt, randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { CUSTOM_RESOURCE_DEFINITIONS, NAMESPACES } from './built-in-resources.ts';
import {
  isJsonObject,
  type Json,
  type JsonObject,
  type KubeObject,
  type ObjectMeta,
  objectAt,
  stringAt,
} from './kube-object.ts';
import { parseMetadata, unknownMetadata, validateMetadata } from './metadata.ts';
import { applyPatch } from './patch.ts';
import { apiVersionOf, type ResourceType } from './resource-type.ts';
import {
  alreadyExists,
  badRequest,
  conflict,
  type FieldProblem,
  forbidden,
  forbiddenField,
  invalid,
  invalidField,
  notFound,
  notImplemented,
  StatusError,
} from './status-error.ts';
import { type Storage, storageKey } from './storage.ts';

/** Which object a request is about. */
export interface ObjectKey {
  type: ResourceType;
  /** "" for cluster-scoped objects. */
  namespace: string;
  name: string;
  subresource?: string | undefined;
}

export interface WriteOptions {
  dryRun: boolean;
  /** What to do about fields that the schema does not know: refuse, warn, or drop them silently. */
  fieldValidation: 'Strict' | 'Warn' | 'Ignore';
  /** Takes what the client is to be warned of. */
  warn(message: string): void;
}

export interface DeleteOptions {
  dryRun: boolean;
  uid?: string | undefined;
  resourceVersion?: string | undefined;
  propagationPolicy: string;
}

const NAMESPACE_KEY = storageKey(NAMESPACES);
const MODIFIED = 'the object has been modified; please apply your changes to the latest version and try again';
const FINALIZER_OF: Record<string, string | undefined> = { Orphan: 'orphan', Foreground: 'foregroundDeletion' };

/** The rules by which objects come, change and go: everything between an HTTP request and the storage. */
export class Registry {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** The object as the requested version shows it; throws 404. */
  get({ type, namespace, name }: ObjectKey): KubeObject {
    const stored = this.#storage.get(storageKey(type), namespace, name);
    if (stored === undefined) throw notFound(type, name);
    return type.present(stored);
  }

  create(type: ResourceType, namespace: string, body: Json, options: WriteOptions): KubeObject {
    const { object: decoded } = decode(type, body, options);
    const metadata = this.#metadataOfNew(type, namespace, decoded.metadata);
    const { status, ...withoutStatus } = decoded;
    const draft = type.statusSubresource || status === undefined ? withoutStatus : { ...withoutStatus, status };
    const object = type.prepare({ ...draft, apiVersion: apiVersionOf(type), kind: type.kind, metadata }, undefined);
    this.#assertNamespace(type, namespace, metadata.name);
    assertValid(type, object, undefined);
    if (this.#storage.get(storageKey(type), namespace, metadata.name) !== undefined) {
      throw alreadyExists(type, metadata.name);
    }
    return options.dryRun ? object : this.#storage.put(storageKey(type), object);
  }

  update(key: ObjectKey, body: Json, options: WriteOptions): KubeObject {
    const existing = this.get(key);
    return this.#replace(key, existing, decode(key.type, body, options).object, options);
  }

  patch(key: ObjectKey, contentType: string, patch: Json, options: WriteOptions): KubeObject {
    const existing = this.get(key);
    const object = decodePatched(key.type, applyPatch(existing, contentType, patch, key.type.custom), options);
    const { uid } = object.metadata;
    if (uid !== undefined && uid !== existing.metadata.uid) {
      throw invalid(key.type, key.name, [invalidField('metadata.uid', uid, 'field is immutable')]);
    }
    return this.#replace(key, existing, object, options);
  }

  /** Deletes an object, or marks it as going where a finalizer holds it. */
  delete(key: ObjectKey, options: DeleteOptions): { object: KubeObject; gone: boolean } {
    const existing = this.get(key);
    assertPreconditions(key, existing, options);
    const finalizer = FINALIZER_OF[options.propagationPolicy];
    const finalizers = existing.metadata.finalizers ?? [];
    const holding = finalizer === undefined ? finalizers : [...new Set([...finalizers, finalizer])];
    const held = holding.length > 0 || key.type === NAMESPACES;
    if (options.dryRun) return { object: existing, gone: !held };
    if (!held) {
      if (key.type === CUSTOM_RESOURCE_DEFINITIONS) this.#deleteInstances(existing);
      this.#storage.remove(storageKey(key.type), existing);
      return { object: existing, gone: true };
    }
    if (existing.metadata.deletionTimestamp !== undefined) return { object: existing, gone: false };
    return { object: this.#storage.put(storageKey(key.type), toTerminating(key.type, existing, holding)), gone: false };
  }

  /** Removes a namespace whose content is gone. */
  finishNamespace(namespace: KubeObject): void {
    this.#storage.remove(NAMESPACE_KEY, namespace);
  }

  #deleteInstances(crd: KubeObject): void {
    const resource = storageKey({
      group: stringAt(crd.spec, 'group'),
      plural: stringAt(objectAt(crd.spec, 'names'), 'plural'),
    });
    for (const instance of this.#storage.list(resource)) this.#storage.remove(resource, instance);
  }

  #replace(key: ObjectKey, existing: KubeObject, update: KubeObject, options: WriteOptions): KubeObject {
    const { type } = key;
    assertSameIdentity(key, existing, update);
    const object = type.prepare(mergeUpdate(key, existing, update), existing);
    assertValid(type, object, existing);
    // Nothing changed, nothing written: no new version and no event, as on the real server.
    if (isDeepStrictEqual(object, existing)) return existing;
    if (options.dryRun) return object;
    const released = object.metadata.deletionTimestamp !== undefined && object.metadata.finalizers === undefined;
    if (!released || type === NAMESPACES) return this.#storage.put(storageKey(type), object);
    this.#storage.remove(storageKey(type), object);
    return object;
  }

  #metadataOfNew(type: ResourceType, namespace: string, wanted: ObjectMeta): ObjectMeta {
    if (wanted.resourceVersion !== undefined) {
      throw badRequest('resourceVersion should not be set on objects to be created');
    }
    if (type.namespaced && wanted.namespace !== undefined && wanted.namespace !== namespace) throw wrongNamespace();
    const { namespace: _, uid: __, resourceVersion: ___, ...rest } = wanted;
    const generated = wanted.name === '' && wanted.generateName !== undefined;
    return {
      ...rest,
      name: generated ? `${wanted.generateName}${randomSuffix()}` : wanted.name,
      ...(type.namespaced ? { namespace } : {}),
      uid: randomUUID(),
      creationTimestamp: now(),
      ...(type.countsGenerations ? { generation: 1 } : {}),
    };
  }

  #assertNamespace(type: ResourceType, namespace: string, name: string): void {
    if (!type.namespaced) return;
    const found = this.#storage.get(NAMESPACE_KEY, '', namespace);
    if (found === undefined) throw notFound(NAMESPACES, namespace);
    if (found.metadata.deletionTimestamp === undefined) return;
    throw forbidden(
      type,
      name,
      `unable to create new content in namespace ${namespace} because it is being terminated`,
    );
  }
}

function now(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}

function randomSuffix(): string {
  const letters = 'bcdfghjklmnpqrstvwxz2456789';
  return Array.from({ length: 5 }, () => letters[randomInt(letters.length)]).join('');
}

function wrongNamespace(): Error {
  return badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

function decode(type: ResourceType, wire: Json, options: WriteOptions): { object: KubeObject } {
  if (!isJsonObject(wire)) throw badRequest('the object provided is unrecognized: a JSON object is expected');
  const { body, unknownFields } = type.decode(wire);
  const complaints = [...unknownMetadata(wire.metadata), ...unknownFields].map((field) => `unknown field "${field}"`);
  if (complaints.length > 0 && options.fieldValidation === 'Strict') {
    throw badRequest(
      `${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}: ` +
        `strict decoding error: ${complaints.join(', ')}`,
    );
  }
  if (options.fieldValidation === 'Warn') complaints.forEach(options.warn);
  const metadata = parseMetadata(body.metadata);
  return { object: { ...body, apiVersion: apiVersionOf(type), kind: type.kind, metadata } };
}

/** What a patch has made undecodable is called invalid, where it would be a bad request in any other write. */
function decodePatched(type: ResourceType, patched: JsonObject, options: WriteOptions): KubeObject {
  try {
    return decode(type, patched, options).object;
  } catch (error: unknown) {
    if (!(error instanceof StatusError) || error.code !== 400) throw error;
    const detail = error.message.replace(/^.* cannot be handled as an? \w+: /, '');
    // Of custom kinds this holds for unknown fields alone.
    if (type.custom && !detail.startsWith('strict decoding error')) throw error;
    throw invalid({ group: '', kind: '' }, '', [invalidField('patch', JSON.stringify(patched), detail)]);
  }
}

function assertValid(type: ResourceType, object: KubeObject, previous: KubeObject | undefined): void {
  const problems = [
    ...validateMetadata(object.metadata, type.nameRule),
    ...(previous === undefined ? [] : validateMetadataChange(object.metadata, previous.metadata)),
    ...type.validate(object, previous),
  ];
  if (problems.length > 0) throw invalid(type, object.metadata.name, problems);
}

function validateMetadataChange(meta: ObjectMeta, previous: ObjectMeta): FieldProblem[] {
  if (previous.deletionTimestamp === undefined) return [];
  const added = (meta.finalizers ?? []).filter((finalizer) => !previous.finalizers?.includes(finalizer));
  const detail = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added
    .map((finalizer) => JSON.stringify(finalizer))
    .join(', ')}}`;
  return added.length === 0 ? [] : [forbiddenField('metadata.finalizers', detail)];
}

function assertSameIdentity(key: ObjectKey, existing: KubeObject, update: KubeObject): void {
  const { type, name, namespace } = key;
  const { metadata } = update;
  if (metadata.name !== name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  }
  if (type.namespaced && metadata.namespace !== undefined && metadata.namespace !== namespace) throw wrongNamespace();
  if (metadata.uid !== undefined && metadata.uid !== existing.metadata.uid) {
    throw conflict(type, name, uidMismatch(metadata.uid, existing));
  }
  if (metadata.resourceVersion === undefined && !type.unconditionalUpdate) {
    throw invalid({ group: type.group, kind: type.plural }, name, [
      invalidField('metadata.resourceVersion', 0, 'must be specified for an update'),
    ]);
  }
  if (metadata.resourceVersion !== undefined && metadata.resourceVersion !== existing.metadata.resourceVersion) {
    throw conflict(type, name, MODIFIED);
  }
}

function uidMismatch(wanted: string, existing: KubeObject): string {
  return `Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${existing.metadata.uid}`;
}

function assertPreconditions(key: ObjectKey, existing: KubeObject, options: DeleteOptions): void {
  const { uid, resourceVersion } = options;
  if (!['Background', 'Orphan', 'Foreground'].includes(options.propagationPolicy)) {
    throw notImplemented(`propagationPolicy ${options.propagationPolicy}`);
  }
  const { metadata } = existing;
  const named = { group: key.type.group, plural: key.type.kind };
  const mismatch = (what: string, wanted: string, found: string | undefined, fate: string) =>
    conflict(
      named,
      key.name,
      `the ${what} in the precondition (${wanted}) does not match the ${what} in record (${found}). ` +
        `The object might have been ${fate}`,
    );
  if (uid !== undefined && uid !== metadata.uid) {
    throw mismatch('UID', uid, metadata.uid, 'deleted and then recreated');
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    throw mismatch('ResourceVersion', resourceVersion, metadata.resourceVersion, 'modified');
  }
}

function toTerminating(type: ResourceType, existing: KubeObject, finalizers: string[]): KubeObject {
  const { generation } = existing.metadata;
  const metadata: ObjectMeta = {
    ...existing.metadata,
    deletionTimestamp: now(),
    ...(generation === undefined ? {} : { generation: generation + 1 }),
  };
  if (type === NAMESPACES) return { ...existing, metadata, status: { phase: 'Terminating' } };
  return { ...existing, metadata: { ...metadata, finalizers, deletionGracePeriodSeconds: 0 } };
}

/** What an update makes of an object: which half of it may change depends on whether it went to the status. */
function mergeUpdate({ type, subresource }: ObjectKey, existing: KubeObject, update: KubeObject): KubeObject {
  if (subresource === 'status') return replaceStatus(existing, update.status);
  const { uid, resourceVersion, creationTimestamp, generation, ...current } = existing.metadata;
  const kept: JsonObject = { uid: uid ?? '', resourceVersion: resourceVersion ?? '' };
  for (const key of ['namespace', 'generateName', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const) {
    const value = current[key];
    if (value !== undefined) kept[key] = value;
  }
  if (creationTimestamp !== undefined) kept.creationTimestamp = creationTimestamp;
  const merged = type.statusSubresource ? replaceStatus(update, existing.status) : update;
  if (generation !== undefined) kept.generation = generation + (isSameSpec(type, existing, merged) ? 0 : 1);
  const { namespace: _, generateName: __, ...metadata } = update.metadata;
  return { ...merged, metadata: { ...metadata, ...kept } };
}

function replaceStatus(object: KubeObject, status: Json | undefined): KubeObject {
  const replaced = { ...object };
  delete replaced.status;
  return status === undefined ? replaced : Object.assign(replaced, { status });
}

function isSameSpec(type: ResourceType, a: KubeObject, b: KubeObject): boolean {
  const { metadata: _, status: statusA, ...restA } = a;
  const { metadata: __, status: statusB, ...restB } = b;
  if (!isDeepStrictEqual(restA, restB)) return false;
  return type.statusSubresource || isDeepStrictEqual(statusA, statusB);
}
