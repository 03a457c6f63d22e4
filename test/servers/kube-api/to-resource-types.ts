import { compileSchema } from './compile-schema.ts';
import { ageOf } from './human-duration.ts';
import {
  arrayAt,
  isJsonObject,
  type Json,
  type JsonObject,
  type KubeObject,
  objectAt,
  stringAt,
} from './kube-object.ts';
import { parseJsonPath } from './parse-json-path.ts';
import { apiVersionOf, type PrinterColumn, type ResourceType } from './resource-type.ts';
import { badRequest, invalid, invalidField } from './status-error.ts';
import { fitObject } from './structural-schema.ts';

/** The kinds that a CustomResourceDefinition brings: one for each served version. */
export function toResourceTypes(crd: KubeObject): ResourceType[] {
  return arrayAt(crd.spec, 'versions')
    .filter(isJsonObject)
    .filter((version) => version.served === true)
    .map((version) => toResourceType(crd, version));
}

function toResourceType(crd: KubeObject, version: JsonObject): ResourceType {
  const names = objectAt(crd.spec, 'names');
  const group = stringAt(crd.spec, 'group');
  const versionName = stringAt(version, 'name');
  const kind = stringAt(names, 'kind');
  const schema = objectAt(version.schema, 'openAPIV3Schema');
  const validate = compileSchema(schema);
  const apiVersion = apiVersionOf({ group, version: versionName });
  const presented = new WeakMap<KubeObject, KubeObject>();
  return {
    group,
    version: versionName,
    plural: stringAt(names, 'plural'),
    kind,
    listKind: stringAt(names, 'listKind'),
    singular: stringAt(names, 'singular'),
    shortNames: arrayAt(names, 'shortNames').filter((name) => typeof name === 'string'),
    categories: arrayAt(names, 'categories').filter((name) => typeof name === 'string'),
    namespaced: stringAt(crd.spec, 'scope') === 'Namespaced',
    custom: true,
    statusSubresource: isJsonObject(objectAt(version, 'subresources').status),
    countsGenerations: true,
    unconditionalUpdate: false,
    nameRule: 'subdomain',
    columns: toColumns(arrayAt(version, 'additionalPrinterColumns')),
    selectableFields: {},
    schema,
    decode(body) {
      if (body.kind !== kind || body.apiVersion !== apiVersion) throw wrongKind(body, kind, apiVersion);
      const fitted = fitObject(schema, body);
      return { body: isJsonObject(fitted.value) ? fitted.value : body, unknownFields: fitted.unknownFields };
    },
    // Objects outlive schemas: what is stored is pruned and defaulted by the schema of today whenever it is read.
    present(stored) {
      const known = presented.get(stored);
      if (known !== undefined) return known;
      const fitted = fitObject(schema, stored);
      const shown =
        fitted.changed || stored.apiVersion !== apiVersion
          ? { ...(isJsonObject(fitted.value) ? fitted.value : stored), apiVersion, kind, metadata: stored.metadata }
          : stored;
      presented.set(stored, shown);
      return shown;
    },
    prepare: (object) => object,
    validate,
  };
}

function wrongKind(body: JsonObject, kind: string, apiVersion: string): Error {
  if (typeof body.kind !== 'string') {
    const text = JSON.stringify(body);
    const excerpt = `'${text}' (${text.slice(0, 30)} ...)`;
    return badRequest(
      `the object provided is unrecognized (must be of type ${kind}): Object 'Kind' is missing in ${excerpt}`,
    );
  }
  if (body.kind !== kind) {
    const found = { group: apiVersion.split('/')[0] ?? '', kind: body.kind };
    return invalid(found, stringAt(body.metadata, 'name'), [invalidField('kind', body.kind, `must be ${kind}`)]);
  }
  return badRequest(
    `the API version in the data (${stringAt(body, 'apiVersion')}) does not match the expected API version (${apiVersion})`,
  );
}

const NAME_COLUMN: PrinterColumn = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name must be unique within a namespace.',
  priority: 0,
  cell: (object) => object.metadata.name,
};
const AGE_COLUMN: PrinterColumn = {
  name: 'Age',
  type: 'date',
  description: 'Time since the object was created.',
  priority: 0,
  cell: (object, now) => ageOf(object.metadata.creationTimestamp ?? '', now),
};

function toColumns(declared: Json[]): PrinterColumn[] {
  if (declared.length === 0) return [NAME_COLUMN, AGE_COLUMN];
  return [NAME_COLUMN, ...declared.filter(isJsonObject).map(toColumn)];
}

function toColumn(declared: JsonObject): PrinterColumn {
  const type = stringAt(declared, 'type');
  const jsonPath = stringAt(declared, 'jsonPath');
  const read = parseJsonPath(jsonPath);
  return {
    name: stringAt(declared, 'name'),
    type,
    ...(stringAt(declared, 'format') === '' ? {} : { format: stringAt(declared, 'format') }),
    description:
      stringAt(declared, 'description') || `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    priority: typeof declared.priority === 'number' ? declared.priority : 0,
    cell: (object, now) => toCell(type, read?.(object)[0], now),
  };
}

function toCell(type: string, value: Json | undefined, now: Date): Json {
  if (value === undefined || value === null) return null;
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      return typeof value === 'string' ? ageOf(value, now) : null;
    default:
      return typeof value === 'string' ? value : JSON.stringify(value);
  }
}
