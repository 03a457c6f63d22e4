import {
  arrayAt,
  isJsonObject,
  type Json,
  type JsonObject,
  type ObjectMeta,
  type OwnerReference,
} from './kube-object.ts';
import { badRequest, type FieldProblem, invalidField, requiredField, tooLongField } from './status-error.ts';

const KNOWN_FIELDS = new Set(
  (
    'name generateName namespace selfLink uid resourceVersion generation creationTimestamp deletionTimestamp ' +
    'deletionGracePeriodSeconds labels annotations ownerReferences finalizers managedFields'
  ).split(' '),
);

/** The paths of metadata fields that no version of Kubernetes knows. */
export function unknownMetadata(value: Json | undefined): string[] {
  const names = isJsonObject(value) ? Object.keys(value) : [];
  return names.filter((name) => !KNOWN_FIELDS.has(name)).map((name) => `metadata.${name}`);
}

/** Reads `metadata` off the wire: fields the server does not know are dropped, wrong types are a 400. */
export function parseMetadata(value: Json | undefined): ObjectMeta {
  if (value !== undefined && value !== null && !isJsonObject(value)) throw wrongType('metadata');
  const source = value ?? {};
  const meta: ObjectMeta = { name: textField(source, 'name') ?? '' };
  for (const key of ['generateName', 'namespace', 'uid', 'resourceVersion'] as const) {
    const text = textField(source, key);
    if (text !== undefined && text !== '') meta[key] = text;
  }
  for (const key of ['labels', 'annotations'] as const) {
    const map = textMapField(source, key);
    if (map !== undefined) meta[key] = map;
  }
  const finalizers = arrayAt(source, 'finalizers').map((item) => asText(item, 'finalizers'));
  if (finalizers.length > 0) meta.finalizers = finalizers;
  const owners = arrayAt(source, 'ownerReferences').map(toOwnerReference);
  if (owners.length > 0) meta.ownerReferences = owners;
  return meta;
}

function wrongType(path: string): Error {
  return badRequest(`the object provided is unrecognized: wrong type of ${path}`);
}

function asText(value: Json | undefined, path: string): string {
  if (typeof value !== 'string') throw wrongType(`metadata.${path}`);
  return value;
}

function textField(source: JsonObject, key: string): string | undefined {
  const value = source[key];
  return value === undefined || value === null ? undefined : asText(value, key);
}

function textMapField(source: JsonObject, key: string): Record<string, string> | undefined {
  const value = source[key];
  if (value === undefined || value === null) return undefined;
  if (!isJsonObject(value)) throw wrongType(`metadata.${key}`);
  const entries = Object.entries(value).map(([name, text]) => [name, text === null ? '' : asText(text, key)] as const);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function toOwnerReference(value: Json): OwnerReference {
  if (!isJsonObject(value)) throw wrongType('metadata.ownerReferences');
  const owner: OwnerReference = {
    apiVersion: textField(value, 'apiVersion') ?? '',
    kind: textField(value, 'kind') ?? '',
    name: textField(value, 'name') ?? '',
    uid: textField(value, 'uid') ?? '',
  };
  for (const flag of ['controller', 'blockOwnerDeletion']) {
    if (typeof value[flag] === 'boolean') owner[flag] = value[flag];
  }
  return owner;
}

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const LABEL_PATTERN = new RegExp(`^${LABEL}$`);
const SUBDOMAIN_PATTERN = new RegExp(`^${LABEL}(\\.${LABEL})*$`);
const QUALIFIED_PATTERN = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

const NAME_RULES = {
  label: {
    pattern: LABEL_PATTERN,
    maxLength: 63,
    message:
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end " +
      `with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${LABEL}')`,
  },
  subdomain: {
    pattern: SUBDOMAIN_PATTERN,
    maxLength: 253,
    message:
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start " +
      `and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${LABEL}(\\.${LABEL})*')`,
  },
};
const QUALIFIED_NAME_MESSAGE =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric " +
  "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is " +
  "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE_MESSAGE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and " +
  "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is " +
  "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const ANNOTATIONS_MAX_BYTES = 256 * 1024;

/** Which names a kind of object may have: a DNS-1123 label (namespaces) or a DNS-1123 subdomain (all else). */
export type NameRule = keyof typeof NAME_RULES;

/** What is wrong with an object's metadata, in the words of the real server. */
export function validateMetadata(meta: ObjectMeta, nameRule: NameRule): FieldProblem[] {
  return [
    ...validateName(meta.name, nameRule),
    ...validateLabels(meta.labels ?? {}),
    ...validateAnnotations(meta.annotations ?? {}),
    ...validateOwners(meta.ownerReferences ?? []),
    ...(meta.finalizers ?? []).flatMap((finalizer) => validateKey(finalizer, 'metadata.finalizers')),
  ];
}

function validateName(name: string, nameRule: NameRule): FieldProblem[] {
  if (name === '') return [requiredField('metadata.name', 'name or generateName is required')];
  const rule = NAME_RULES[nameRule];
  const problems: FieldProblem[] = [];
  if (name.length > rule.maxLength) {
    problems.push(invalidField('metadata.name', name, `must be no more than ${rule.maxLength} characters`));
  }
  if (!rule.pattern.test(name)) problems.push(invalidField('metadata.name', name, rule.message));
  return problems;
}

function validateLabels(labels: Record<string, string>): FieldProblem[] {
  return Object.entries(labels).flatMap(([key, value]) => {
    const problems = validateKey(key, 'metadata.labels');
    if (value.length > 63) problems.push(invalidField('metadata.labels', value, 'must be no more than 63 bytes'));
    if (value !== '' && !QUALIFIED_PATTERN.test(value)) {
      problems.push(invalidField('metadata.labels', value, LABEL_VALUE_MESSAGE));
    }
    return problems;
  });
}

function validateAnnotations(annotations: Record<string, string>): FieldProblem[] {
  const entries = Object.entries(annotations);
  const bytes = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  const problems = entries.flatMap(([key]) => validateKey(key.toLowerCase(), 'metadata.annotations'));
  return bytes > ANNOTATIONS_MAX_BYTES
    ? [...problems, tooLongField('metadata.annotations', ANNOTATIONS_MAX_BYTES)]
    : problems;
}

/** A qualified name: an optional DNS prefix and a slash, then up to 63 characters. */
function validateKey(key: string, field: string): FieldProblem[] {
  const slash = key.indexOf('/');
  const prefix = key.slice(0, Math.max(slash, 0));
  const name = key.slice(slash + 1);
  const problems: FieldProblem[] = [];
  if (slash >= 0 && !SUBDOMAIN_PATTERN.test(prefix)) {
    problems.push(invalidField(field, key, `prefix part ${NAME_RULES.subdomain.message}`));
  }
  if (name.length > 63) problems.push(invalidField(field, key, 'name part must be no more than 63 bytes'));
  if (!QUALIFIED_PATTERN.test(name)) problems.push(invalidField(field, key, QUALIFIED_NAME_MESSAGE));
  return problems;
}

function validateOwners(owners: OwnerReference[]): FieldProblem[] {
  const problems = owners.flatMap(validateOwner);
  const [first, second] = owners.filter(({ controller }) => controller === true);
  if (first === undefined || second === undefined) return problems;
  const detail =
    'Only one reference can have Controller set to true. Found "true" in references for ' +
    `${first.kind}/${first.name} and ${second.kind}/${second.name}`;
  return [...problems, invalidField('metadata.ownerReferences', owners, detail)];
}

function validateOwner(owner: OwnerReference): FieldProblem[] {
  return (['apiVersion', 'kind', 'name', 'uid'] as const)
    .filter((key) => owner[key] === '')
    .map((key) =>
      invalidField(
        `metadata.ownerReferences.${key}`,
        '',
        key === 'apiVersion' ? 'version must not be empty' : 'must not be empty',
      ),
    );
}
