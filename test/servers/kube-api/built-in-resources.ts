import {
  ANYTHING,
  builtInType,
  COUNT,
  column,
  convertFields,
  FLAG,
  MICRO_TIME,
  NAME_COLUMN,
  TEXT,
  TEXT_MAP,
  toMicroseconds,
} from './built-in-type.ts';
import { prepareCrd, validateCrd } from './custom-resource-definition.ts';
import { EVENTS } from './events.ts';
import { arrayAt, type KubeObject, objectAt, stringAt } from './kube-object.ts';
import type { ResourceType } from './resource-type.ts';
import { type FieldProblem, forbiddenField, invalidField, requiredField, tooLongField } from './status-error.ts';

export const NAMESPACES = builtInType({
  version: 'v1',
  plural: 'namespaces',
  kind: 'Namespace',
  shortNames: ['ns'],
  namespaced: false,
  statusSubresource: true,
  nameRule: 'label',
  fields: { spec: ANYTHING, status: ANYTHING },
  columns: [column('Status', 'string', (object) => stringAt(object.status, 'phase'))],
  selectableFields: { 'status.phase': (object) => stringAt(object.status, 'phase') },
  prepare: (object, previous) => ({
    ...object,
    metadata: {
      ...object.metadata,
      labels: { ...object.metadata.labels, 'kubernetes.io/metadata.name': object.metadata.name },
    },
    spec: previous?.spec ?? { finalizers: ['kubernetes'] },
    status: previous?.status ?? { phase: 'Active' },
  }),
});

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const CONFIG_KEY = /^[-._a-zA-Z0-9]+$/;
const CONFIG_KEY_MESSAGE =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  " +
  "or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const CONTENT_MAX_BYTES = 1024 * 1024;
const REQUIRED_KEYS: Record<string, string[]> = {
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
};

const SECRETS = builtInType({
  version: 'v1',
  plural: 'secrets',
  kind: 'Secret',
  namespaced: true,
  fields: {
    type: TEXT,
    data: { ...TEXT_MAP, additionalProperties: { type: 'string', nullable: true, pattern: BASE64.source } },
    stringData: TEXT_MAP,
    immutable: FLAG,
  },
  columns: [
    column('Type', 'string', (object) => stringAt(object, 'type')),
    column('Data', 'string', (object) => Object.keys(objectAt(object, 'data')).length),
  ],
  selectableFields: { type: (object) => stringAt(object, 'type') },
  prepare(object, previous) {
    const { stringData, ...rest } = object;
    const given = objectAt(object, 'stringData');
    const added = Object.keys(given).map((key) => [key, toBase64(stringAt(given, key))]);
    const data = { ...objectAt(object, 'data'), ...Object.fromEntries(added) };
    for (const [key, value] of Object.entries(data)) data[key] = value ?? '';
    const type = stringAt(object, 'type') || stringAt(previous, 'type') || 'Opaque';
    const prepared: KubeObject = { ...rest, apiVersion: 'v1', kind: 'Secret', metadata: object.metadata, type };
    delete prepared.data;
    return Object.keys(data).length === 0 ? prepared : { ...prepared, data };
  },
  validate(object, previous) {
    const type = stringAt(object, 'type');
    const problems = [...validateContent(object, ['data']), ...validateFrozen(object, previous, ['data'])];
    for (const key of REQUIRED_KEYS[type] ?? []) {
      if (objectAt(object, 'data')[key] === undefined) problems.push(requiredField(`data[${key}]`));
    }
    if (previous !== undefined && stringAt(previous, 'type') !== type) {
      problems.push(invalidField('type', type, 'field is immutable'));
    }
    return problems;
  },
});

function toBase64(text: string): string {
  return Buffer.from(text).toString('base64');
}

const CONFIG_MAPS = builtInType({
  version: 'v1',
  plural: 'configmaps',
  kind: 'ConfigMap',
  shortNames: ['cm'],
  namespaced: true,
  fields: { data: TEXT_MAP, binaryData: TEXT_MAP, immutable: FLAG },
  columns: [
    column(
      'Data',
      'string',
      (object) => Object.keys(objectAt(object, 'data')).length + Object.keys(objectAt(object, 'binaryData')).length,
    ),
  ],
  validate: (object, previous) => [
    ...validateContent(object, ['data', 'binaryData']),
    ...validateFrozen(object, previous, ['data', 'binaryData']),
  ],
});

function validateContent(object: KubeObject, fields: readonly string[]): FieldProblem[] {
  const problems: FieldProblem[] = [];
  let bytes = 0;
  for (const field of fields) {
    const content = objectAt(object, field);
    for (const key of Object.keys(content)) {
      bytes += stringAt(content, key).length;
      if (!CONFIG_KEY.test(key)) problems.push(invalidField(`${field}[${key}]`, key, CONFIG_KEY_MESSAGE));
    }
  }
  // Base64 is a third longer than what the limit counts.
  const counted = object.kind === 'Secret' ? (bytes * 3) / 4 : bytes;
  if (counted > CONTENT_MAX_BYTES) problems.push(tooLongField('data', CONTENT_MAX_BYTES));
  return problems;
}

function validateFrozen(object: KubeObject, previous: KubeObject | undefined, fields: string[]): FieldProblem[] {
  if (previous?.immutable !== true) return [];
  return ['immutable', ...fields]
    .filter((field) => JSON.stringify(object[field]) !== JSON.stringify(previous[field]))
    .map((field) => forbiddenField(field, 'field is immutable when `immutable` is set'));
}

const SERVICE_ACCOUNTS = builtInType({
  version: 'v1',
  plural: 'serviceaccounts',
  kind: 'ServiceAccount',
  shortNames: ['sa'],
  namespaced: true,
  fields: { secrets: ANYTHING, imagePullSecrets: ANYTHING, automountServiceAccountToken: FLAG },
  columns: [column('Secrets', 'string', (object) => arrayAt(object, 'secrets').length)],
});

const LEASES = builtInType({
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  kind: 'Lease',
  namespaced: true,
  unconditionalUpdate: false,
  fields: {
    spec: {
      type: 'object',
      properties: {
        holderIdentity: TEXT,
        leaseDurationSeconds: COUNT,
        acquireTime: MICRO_TIME,
        renewTime: MICRO_TIME,
        leaseTransitions: COUNT,
        strategy: TEXT,
        preferredHolder: TEXT,
      },
    },
  },
  columns: [column('Holder', 'string', (object) => stringAt(object.spec, 'holderIdentity'))],
  prepare: (object) => ({
    ...object,
    spec: convertFields(objectAt(object, 'spec'), ['acquireTime', 'renewTime'], toMicroseconds),
  }),
  validate(object) {
    const { leaseDurationSeconds, leaseTransitions } = objectAt(object, 'spec');
    const problems: FieldProblem[] = [];
    if (typeof leaseDurationSeconds === 'number' && leaseDurationSeconds <= 0) {
      problems.push(invalidField('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0'));
    }
    if (typeof leaseTransitions === 'number' && leaseTransitions < 0) {
      problems.push(invalidField('spec.leaseTransitions', leaseTransitions, 'must be greater than or equal to 0'));
    }
    return problems;
  },
});

export const CUSTOM_RESOURCE_DEFINITIONS = builtInType({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  namespaced: false,
  statusSubresource: true,
  countsGenerations: true,
  unconditionalUpdate: false,
  fields: { spec: ANYTHING, status: ANYTHING },
  columns: {
    all: [NAME_COLUMN, column('Created At', 'date', (object) => object.metadata.creationTimestamp ?? '')],
  },
  prepare: prepareCrd,
  validate: validateCrd,
});

/** The kinds that are there without any CRD. */
export const BUILT_IN_RESOURCES: readonly ResourceType[] = [
  NAMESPACES,
  SECRETS,
  CONFIG_MAPS,
  SERVICE_ACCOUNTS,
  EVENTS,
  LEASES,
  CUSTOM_RESOURCE_DEFINITIONS,
];
