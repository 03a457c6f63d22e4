import jsonPatch from 'fast-json-patch';
import { isJsonObject, type Json, type JsonObject } from './kube-object.ts';
import { badRequest, notImplemented, StatusError, unsupportedMediaType } from './status-error.ts';

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC_MERGE_PATCH = 'application/strategic-merge-patch+json';

/**
 * Applies a patch to an object and returns the result; the object given stays as it is. Strategic merge patches are
 * for built-in kinds only; of their keyed lists they know `ownerReferences` and `finalizers`, other lists are replaced.
 */
export function applyPatch(object: JsonObject, contentType: string, patch: Json, custom: boolean): JsonObject {
  if (!patchTypesOf(custom).includes(contentType)) throw unsupportedMediaType(patchTypesOf(custom));
  if (contentType === JSON_PATCH) return applyJsonPatch(object, patch);
  return mergeObject(object, asPatchObject(patch), contentType === MERGE_PATCH ? mergeValue : mergeStrategically);
}

/** The media types of the patches that a kind takes. Server-side apply is not among them. */
export function patchTypesOf(custom: boolean): string[] {
  return custom ? [JSON_PATCH, MERGE_PATCH] : [JSON_PATCH, MERGE_PATCH, STRATEGIC_MERGE_PATCH];
}

function asPatchObject(patch: Json): JsonObject {
  if (!isJsonObject(patch)) throw badRequest('error decoding patch: json: cannot unmarshal into an object');
  return patch;
}

function applyJsonPatch(object: JsonObject, patch: Json): JsonObject {
  if (!isOperations(patch)) throw badRequest('error decoding patch: a list of operations is expected');
  const { result, problem } = tryJsonPatch(structuredClone(object), patch);
  if (isJsonObject(result)) return result;
  throw new StatusError(
    422,
    'Invalid',
    `the server rejected our request due to an error in our request: ${problem ?? 'the result is no object'}`,
    {},
  );
}

function tryJsonPatch(object: JsonObject, operations: jsonPatch.Operation[]): { result?: unknown; problem?: string } {
  try {
    return { result: jsonPatch.applyPatch(object, operations, true).newDocument };
  } catch (error: unknown) {
    if (!(error instanceof jsonPatch.JsonPatchError)) throw error;
    return { problem: error.name };
  }
}

function isOperations(patch: unknown): patch is jsonPatch.Operation[] {
  return Array.isArray(patch) && patch.every((item) => isJsonObject(item) && typeof item.op === 'string');
}

type Merge = (key: string, current: Json | undefined, patch: Json) => Json | undefined;

function mergeObject(current: JsonObject, patch: JsonObject, merge: Merge): JsonObject {
  const result = { ...current };
  for (const [key, value] of Object.entries(patch)) {
    const merged = value === null ? undefined : merge(key, current[key], value);
    if (merged === undefined) delete result[key];
    else result[key] = merged;
  }
  return result;
}

/** RFC 7386. */
function mergeValue(_key: string, current: Json | undefined, patch: Json): Json {
  if (!isJsonObject(patch)) return patch;
  return mergeObject(isJsonObject(current) ? current : {}, patch, mergeValue);
}

function mergeStrategically(key: string, current: Json | undefined, patch: Json): Json | undefined {
  // Orders and retained keys only say how to arrange what the rest of the patch changes.
  if (key.startsWith('$setElementOrder/') || key === '$retainKeys') return undefined;
  if (key.startsWith('$')) throw notImplemented(`the strategic merge patch directive ${key}`);
  if (Array.isArray(patch)) return mergeList(key, Array.isArray(current) ? current : [], patch);
  if (!isJsonObject(patch)) return patch;
  return mergeObject(isJsonObject(current) ? current : {}, patch, mergeStrategically);
}

function mergeList(key: string, current: Json[], patch: Json[]): Json[] {
  if (key === 'finalizers') return [...new Set([...current, ...patch])];
  if (key !== 'ownerReferences') return patch;
  const owners = new Map(current.map((owner) => [uidOf(owner), owner]));
  for (const owner of patch) {
    const uid = uidOf(owner);
    if (isJsonObject(owner) && owner.$patch === 'delete') owners.delete(uid);
    else owners.set(uid, mergeValue('', owners.get(uid), owner));
  }
  return [...owners.values()];
}

function uidOf(owner: Json): Json {
  return isJsonObject(owner) ? (owner.uid ?? '') : '';
}
