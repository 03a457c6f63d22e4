import type { OwnerReference } from '../../../agent/domain/resources.ts';

export interface Metadata {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
}

/** An object as the API server stores it. It is replaced, never changed in place. */
export interface StoredObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: Metadata;
  readonly type?: string;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
  readonly data?: Readonly<Record<string, string>>;
}

export type Plural = 'applications' | 'secrets' | 'compassconnections' | 'events' | 'leases';

export interface Place {
  readonly plural: Plural;
  readonly namespace: string;
  readonly name: string;
}

export function keyOf({ plural, namespace, name }: Place): string {
  return `${plural}/${namespace}/${name}`;
}

const texts = new WeakMap<StoredObject, string>();

/** The object as JSON. It never changes, so it is written once. */
export function toText(object: StoredObject): string {
  const known = texts.get(object);
  if (known !== undefined) return known;
  const text = JSON.stringify(object);
  texts.set(object, text);
  return text;
}

/** The UCL id of the system that an Application stands for; undefined where it is not one of the agent's. */
export function systemIdOf(object: StoredObject): string | undefined {
  const metadata = object.spec?.compassMetadata as { applicationId?: string } | undefined;
  return metadata === undefined ? undefined : (metadata.applicationId ?? '');
}

/** The decoded values of a Secret. */
export function decode(secret: StoredObject | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(secret?.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
  );
}

export function encode(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));
}
