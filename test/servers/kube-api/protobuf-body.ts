import { isJsonObject, type Json, type JsonObject, stringAt } from './kube-object.ts';
import { badRequest, unsupportedMediaType } from './status-error.ts';

/** The media type in which `kubectl create secret` and its like send built-in kinds. */
export const PROTOBUF = 'application/vnd.kubernetes.protobuf';

/** How a field becomes JSON. Numbers of fields are those of the published generated.proto files of Kubernetes. */
type FieldKind = 'text' | 'bytes' | 'boolean' | { map: 'text' | 'bytes' } | Message;
interface Message {
  [fieldNumber: number]: { name: string; kind: FieldKind; repeated?: true };
}

const OWNER_REFERENCE: Message = {
  1: { name: 'kind', kind: 'text' },
  3: { name: 'name', kind: 'text' },
  4: { name: 'uid', kind: 'text' },
  5: { name: 'apiVersion', kind: 'text' },
  6: { name: 'controller', kind: 'boolean' },
  7: { name: 'blockOwnerDeletion', kind: 'boolean' },
};
const METADATA: Message = {
  1: { name: 'name', kind: 'text' },
  2: { name: 'generateName', kind: 'text' },
  3: { name: 'namespace', kind: 'text' },
  5: { name: 'uid', kind: 'text' },
  6: { name: 'resourceVersion', kind: 'text' },
  11: { name: 'labels', kind: { map: 'text' } },
  12: { name: 'annotations', kind: { map: 'text' } },
  13: { name: 'ownerReferences', kind: OWNER_REFERENCE, repeated: true },
  14: { name: 'finalizers', kind: 'text', repeated: true },
};
const RESOURCE_ATTRIBUTES: Message = {
  1: { name: 'namespace', kind: 'text' },
  2: { name: 'verb', kind: 'text' },
  3: { name: 'group', kind: 'text' },
  4: { name: 'version', kind: 'text' },
  5: { name: 'resource', kind: 'text' },
  6: { name: 'subresource', kind: 'text' },
  7: { name: 'name', kind: 'text' },
};
const MESSAGES: Record<string, Message> = {
  Namespace: { 1: { name: 'metadata', kind: METADATA } },
  ServiceAccount: { 1: { name: 'metadata', kind: METADATA } },
  Secret: {
    1: { name: 'metadata', kind: METADATA },
    2: { name: 'data', kind: { map: 'bytes' } },
    3: { name: 'type', kind: 'text' },
    4: { name: 'stringData', kind: { map: 'text' } },
    5: { name: 'immutable', kind: 'boolean' },
  },
  ConfigMap: {
    1: { name: 'metadata', kind: METADATA },
    2: { name: 'data', kind: { map: 'text' } },
    3: { name: 'binaryData', kind: { map: 'bytes' } },
    4: { name: 'immutable', kind: 'boolean' },
  },
  SelfSubjectAccessReview: {
    1: { name: 'metadata', kind: METADATA },
    2: { name: 'spec', kind: { 1: { name: 'resourceAttributes', kind: RESOURCE_ATTRIBUTES } } },
  },
};
const TYPE_META: Message = { 1: { name: 'apiVersion', kind: 'text' }, 2: { name: 'kind', kind: 'text' } };
const MAGIC = Buffer.from('k8s\0');

/** Decodes a body that is an envelope (`k8s\0`, type, content) around one of the kinds that `kubectl create` knows. */
export function decodeProtobuf(body: Buffer): JsonObject {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) throw badRequest('the body is no Kubernetes protobuf');
  const envelope = new Map(readFields(body.subarray(MAGIC.length)).map(({ number, value }) => [number, value]));
  const typeMeta = decodeMessage(TYPE_META, toBytes(envelope.get(1)));
  const message = MESSAGES[stringAt(typeMeta, 'kind')];
  if (message === undefined) throw unsupportedMediaType(['application/json']);
  return { ...typeMeta, ...decodeMessage(message, toBytes(envelope.get(2))) };
}

type WireValue = bigint | Buffer;

function toBytes(value: WireValue | undefined): Buffer {
  return Buffer.isBuffer(value) ? value : Buffer.alloc(0);
}

function readFields(buffer: Buffer): { number: number; value: WireValue }[] {
  const fields: { number: number; value: WireValue }[] = [];
  let at = 0;
  const readVarint = (): bigint => {
    let result = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = buffer[at];
      if (byte === undefined) throw badRequest('the protobuf body ends early');
      at += 1;
      result |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return result;
    }
  };
  while (at < buffer.length) {
    const tag = Number(readVarint());
    if ((tag & 7) === 0) fields.push({ number: tag >> 3, value: readVarint() });
    else if ((tag & 7) === 2) {
      const length = Number(readVarint());
      fields.push({ number: tag >> 3, value: buffer.subarray(at, at + length) });
      at += length;
    } else throw badRequest('the protobuf body has a field of an unexpected type');
  }
  return fields;
}

function decodeMessage(message: Message, buffer: Buffer): JsonObject {
  const result: JsonObject = {};
  for (const { number, value } of readFields(buffer)) {
    const field = message[number];
    if (field === undefined) continue;
    const decoded = decodeValue(field.kind, value);
    const current = result[field.name];
    // Go writes empty strings, too; in JSON they are left out.
    if (decoded === '') continue;
    if (field.repeated) result[field.name] = [...(Array.isArray(current) ? current : []), decoded];
    else if (isJsonObject(current) && isJsonObject(decoded)) result[field.name] = { ...current, ...decoded };
    else result[field.name] = decoded;
  }
  return result;
}

function decodeValue(kind: FieldKind, value: WireValue): Json {
  if (kind === 'boolean') return value === 1n;
  const bytes = toBytes(value);
  if (kind === 'text') return bytes.toString('utf8');
  if (kind === 'bytes') return bytes.toString('base64');
  return isMap(kind) ? decodeMapEntry(kind.map, bytes) : decodeMessage(kind, bytes);
}

function isMap(kind: Exclude<FieldKind, string>): kind is { map: 'text' | 'bytes' } {
  return 'map' in kind;
}

function decodeMapEntry(valueKind: 'text' | 'bytes', buffer: Buffer): JsonObject {
  const fields = new Map(readFields(buffer).map(({ number, value }) => [number, toBytes(value)]));
  return { [toBytes(fields.get(1)).toString('utf8')]: decodeValue(valueKind, toBytes(fields.get(2))) };
}
