import type { ServerResponse } from 'node:http';
import { NAMESPACES } from './built-in-resources.ts';
import {
  arrayAt,
  isJsonObject,
  type Json,
  type JsonObject,
  type KubeObject,
  objectAt,
  serialize,
  stringAt,
} from './kube-object.ts';
import { listObjects, type Page, serializeList, toSelector } from './list.ts';
import type { ResponseForm } from './media-type.ts';
import { patchTypesOf } from './patch.ts';
import { PROTOBUF } from './protobuf-body.ts';
import type { DeleteOptions, ObjectKey, Registry, WriteOptions } from './registry.ts';
import type { ResourceTarget } from './request-target.ts';
import type { ResourceType } from './resource-type.ts';
import { badRequest, methodNotAllowed, notFound, unknownResource, unsupportedMediaType } from './status-error.ts';
import { type Storage, storageKey } from './storage.ts';
import { streamWatch } from './stream-watch.ts';
import { type IncludeObject, toTable } from './to-table.ts';

/** A request for resources that has passed authentication and authorization. */
export interface ResourceRequest {
  target: ResourceTarget;
  type: ResourceType;
  query: URLSearchParams;
  contentType: string;
  form: ResponseForm;
  body(): Promise<Json>;
}

/** An answer in full; watches have none, they write to the response themselves. */
export interface Answer {
  code: number;
  text: string;
  warnings: string[];
}

export interface ResourceBackend {
  storage: Storage;
  registry: Registry;
  bookmarkIntervalMs: number;
}

/** Carries out a request for resources. Undefined for a watch, which goes on streaming to `response`. */
export async function answerResource(
  backend: ResourceBackend,
  request: ResourceRequest,
  response: ServerResponse,
): Promise<Answer | undefined> {
  const { target, type, query } = request;
  assertRoute(target, type);
  const namespace = type.namespaced ? (target.namespace ?? '') : '';
  const key: ObjectKey = { type, namespace, name: target.name ?? '', subresource: target.subresource };
  switch (target.verb) {
    case 'get':
      return answerObject(request, 200, backend.registry.get(key));
    case 'list':
      return answerPage(request, listObjects(backend.storage, type, namespace, query));
    case 'watch':
      streamWatch(
        backend.storage,
        { type, namespace, query, bookmarkIntervalMs: backend.bookmarkIntervalMs, render: rowRenderer(request) },
        response,
      );
      return undefined;
    case 'delete':
      return answerDelete(request, key, backend, toDeleteOptions(query, await request.body()));
    case 'deletecollection':
      return deleteCollection(backend, request, namespace, toDeleteOptions(query, await request.body()));
    default:
      return answerWrite(backend.registry, request, key);
  }
}

/** Which paths and methods there are; anything else is 404 or 405, as on the real server. */
function assertRoute(target: ResourceTarget, type: ResourceType): void {
  const { verb, namespace, subresource, name } = target;
  const toCollection = ['list', 'watch', 'create', 'deletecollection'].includes(verb);
  if (!type.namespaced && namespace !== undefined && type !== NAMESPACES) throw unknownResource();
  if (type.namespaced && namespace === undefined && verb !== 'list' && verb !== 'watch') {
    throw toCollection ? methodNotAllowed() : unknownResource();
  }
  if (verb === 'create' && name !== undefined) throw methodNotAllowed();
  if (verb === 'deletecollection' && type === NAMESPACES) throw methodNotAllowed();
  if (!toCollection && name === undefined) throw methodNotAllowed();
  if (subresource === undefined) return;
  if (subresource !== 'status' || !type.statusSubresource) {
    throw type.custom ? notFound(type, name ?? '') : unknownResource();
  }
  if (toCollection || verb === 'delete') throw methodNotAllowed();
}

async function answerWrite(registry: Registry, request: ResourceRequest, key: ObjectKey): Promise<Answer> {
  const { target, type, query, contentType } = request;
  assertContentType(request);
  const body = await request.body();
  const warnings: string[] = [];
  const options = toWriteOptions(query, (message) => warnings.push(message));
  if (target.verb === 'patch') {
    return answerObject(request, 200, registry.patch(key, contentType, body, options), warnings);
  }
  return target.verb === 'create'
    ? answerObject(request, 201, registry.create(type, key.namespace, body, options), warnings)
    : answerObject(request, 200, registry.update(key, body, options), warnings);
}

function assertContentType({ target, type, contentType }: ResourceRequest): void {
  const accepted =
    target.verb === 'patch' ? patchTypesOf(type.custom) : ['application/json', 'application/yaml', PROTOBUF];
  if (!accepted.includes(contentType)) throw unsupportedMediaType(accepted);
}

function answerObject(request: ResourceRequest, code: number, object: KubeObject, warnings: string[] = []): Answer {
  if (request.form !== 'table') return { code, text: serialize(object), warnings };
  const metadata = { resourceVersion: object.metadata.resourceVersion ?? '' };
  return { code, text: renderTable(request, [object], metadata, true), warnings };
}

function answerPage(request: ResourceRequest, page: Page): Answer {
  const text =
    request.form === 'table'
      ? renderTable(request, page.items, page.metadata, true)
      : serializeList(request.type, page);
  return { code: 200, text, warnings: [] };
}

function renderTable(
  { type, query }: ResourceRequest,
  objects: readonly KubeObject[],
  metadata: JsonObject,
  withHeaders: boolean,
): string {
  const includeObject = toIncludeObject(query.get('includeObject'));
  return JSON.stringify(toTable(type, objects, metadata, { includeObject, withHeaders, now: new Date() }));
}

function toIncludeObject(text: string | null): IncludeObject {
  if (text === 'None' || text === 'Object') return text;
  return 'Metadata';
}

function rowRenderer(request: ResourceRequest): (object: KubeObject) => string {
  if (request.form !== 'table') return serialize;
  let withHeaders = true;
  return (object) => {
    const metadata = { resourceVersion: object.metadata.resourceVersion ?? '' };
    const text = renderTable(request, [object], metadata, withHeaders);
    withHeaders = false;
    return text;
  };
}

function toWriteOptions(query: URLSearchParams, warn: (message: string) => void): WriteOptions {
  const fieldValidation = query.get('fieldValidation') || 'Warn';
  if (fieldValidation !== 'Strict' && fieldValidation !== 'Warn' && fieldValidation !== 'Ignore') {
    throw badRequest(`fieldValidation: Unsupported value: "${fieldValidation}"`);
  }
  return { dryRun: isDryRun(query.getAll('dryRun')), fieldValidation, warn };
}

function isDryRun(values: readonly string[]): boolean {
  if (values.some((value) => value !== 'All')) throw badRequest('dryRun: Unsupported value: supported values: "All"');
  return values.length > 0;
}

/** Delete options come in the body; only where there is none, the query is looked at. */
function toDeleteOptions(query: URLSearchParams, body: Json): DeleteOptions {
  if (!isJsonObject(body)) {
    return {
      dryRun: isDryRun(query.getAll('dryRun')),
      propagationPolicy: query.get('propagationPolicy') || 'Background',
    };
  }
  const preconditions = objectAt(body, 'preconditions');
  return {
    dryRun: isDryRun(arrayAt(body, 'dryRun').map(String)),
    uid: stringAt(preconditions, 'uid') || undefined,
    resourceVersion: stringAt(preconditions, 'resourceVersion') || undefined,
    propagationPolicy:
      stringAt(body, 'propagationPolicy') || (body.orphanDependents === true ? 'Orphan' : 'Background'),
  };
}

function answerDelete(
  request: ResourceRequest,
  key: ObjectKey,
  { registry }: ResourceBackend,
  options: DeleteOptions,
): Answer {
  const { object, gone } = registry.delete(key, options);
  if (!gone) return answerObject(request, 200, object);
  const { group, plural } = key.type;
  const status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name: key.name,
      ...(group === '' ? {} : { group }),
      kind: plural,
      uid: object.metadata.uid ?? '',
    },
  };
  return { code: 200, text: JSON.stringify(status), warnings: [] };
}

function deleteCollection(
  { storage, registry }: ResourceBackend,
  request: ResourceRequest,
  namespace: string,
  options: DeleteOptions,
): Answer {
  const { type, query } = request;
  const selects = toSelector(type, namespace, query);
  const doomed = storage
    .list(storageKey(type))
    .map((stored) => type.present(stored))
    .filter(selects);
  const items = doomed.map(({ metadata }) => {
    const key = { type, namespace: metadata.namespace ?? '', name: metadata.name };
    return registry.delete(key, options).object;
  });
  return answerPage(request, { items, metadata: { resourceVersion: String(storage.version) } });
}
