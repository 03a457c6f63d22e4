import { isJsonObject, type Json, type JsonObject } from './kube-object.ts';

/** An OpenAPI v3 schema as a CRD carries it. */
export type StructuralSchema = JsonObject;

/** What became of a value: pruned and defaulted, with the paths of the fields that no schema knows. */
export interface Fitted {
  value: Json;
  unknownFields: string[];
  changed: boolean;
}

/**
 * Prunes what the schema does not know and fills in its defaults, as the API server does on every write and read.
 * `apiVersion`, `kind` and `metadata` of the object itself are left alone. The value given is not modified.
 */
export function fitObject(schema: StructuralSchema, object: JsonObject): Fitted {
  const { apiVersion, kind, metadata, ...rest } = object;
  const walk = { unknownFields: [], changed: false };
  const fitted = fitValue(schema, rest, '', walk);
  const head: JsonObject = {};
  if (apiVersion !== undefined) head.apiVersion = apiVersion;
  if (kind !== undefined) head.kind = kind;
  if (metadata !== undefined) head.metadata = metadata;
  return { value: isJsonObject(fitted) ? { ...head, ...fitted } : fitted, ...walk };
}

interface Walk {
  unknownFields: string[];
  changed: boolean;
}

function fitValue(schema: StructuralSchema, value: Json, path: string, walk: Walk): Json {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (!isJsonObject(items)) return value;
    return value.map((item, index) => fitValue(items, item, `${path}[${index}]`, walk));
  }
  return isJsonObject(value) ? fitFields(schema, value, path, walk) : value;
}

function fitFields(schema: StructuralSchema, value: JsonObject, path: string, walk: Walk): JsonObject {
  const properties = isJsonObject(schema.properties) ? schema.properties : {};
  const fitted: JsonObject = {};
  for (const [key, field] of Object.entries(value)) {
    const fieldSchema = properties[key] ?? schema.additionalProperties;
    const fieldPath = path === '' ? key : `${path}.${key}`;
    if (isJsonObject(fieldSchema)) {
      if (field === null && fieldSchema.nullable !== true) {
        // A null that the schema forbids counts as absent, so that a default can take its place.
        walk.changed = true;
        continue;
      }
      fitted[key] = fitValue(fieldSchema, field, fieldPath, walk);
    } else if (fieldSchema === true || schema['x-kubernetes-preserve-unknown-fields'] === true) {
      fitted[key] = field;
    } else {
      walk.unknownFields.push(fieldPath);
      walk.changed = true;
    }
  }
  for (const [key, fieldSchema] of Object.entries(properties)) {
    if (fitted[key] !== undefined || !isJsonObject(fieldSchema) || fieldSchema.default === undefined) continue;
    fitted[key] = fitValue(fieldSchema, structuredClone(fieldSchema.default), key, walk);
    walk.changed = true;
  }
  return fitted;
}
