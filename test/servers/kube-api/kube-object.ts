/** A JSON value as it travels on the wire. */
export type Json = string | number | boolean | null | Json[] | JsonObject;

/** A JSON object as it travels on the wire. */
export interface JsonObject {
  [key: string]: Json;
}

/** Who an object belongs to; garbage collection goes by `uid` alone. */
export interface OwnerReference extends JsonObject {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
}

/** The metadata that the server understands; everything else in `metadata` is dropped, as the real server does. */
export interface ObjectMeta extends JsonObject {
  name: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
}

/** Any Kubernetes object. Stored ones are never modified in place: each write makes a new one. */
export interface KubeObject extends JsonObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Parses JSON text; throws a SyntaxError where it is none. */
export function parseJson(text: string): Json {
  const value: Json = JSON.parse(text);
  return value;
}

/** The object under `key`, or an empty one. */
export function objectAt(value: Json | undefined, key: string): JsonObject {
  const found = isJsonObject(value) ? value[key] : undefined;
  return isJsonObject(found) ? found : {};
}

/** The string under `key`, or an empty one. */
export function stringAt(value: Json | undefined, key: string): string {
  const found = isJsonObject(value) ? value[key] : undefined;
  return typeof found === 'string' ? found : '';
}

/** The array under `key`, or an empty one. */
export function arrayAt(value: Json | undefined, key: string): Json[] {
  const found = isJsonObject(value) ? value[key] : undefined;
  return Array.isArray(found) ? found : [];
}

const serialized = new WeakMap<KubeObject, string>();

/** An object as JSON text. Remembered per object, since a stored one never changes and goes out many times. */
export function serialize(object: KubeObject): string {
  const known = serialized.get(object);
  if (known !== undefined) return known;
  const text = JSON.stringify(object);
  serialized.set(object, text);
  return text;
}
