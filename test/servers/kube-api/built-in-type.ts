import { compileSchema } from './compile-schema.ts';
import { ageOf } from './human-duration.ts';
import { isJsonObject, type Json, type JsonObject, stringAt } from './kube-object.ts';
import { apiVersionOf, type PrinterColumn, type ResourceType } from './resource-type.ts';
import { badRequest } from './status-error.ts';
import { fitObject, type StructuralSchema } from './structural-schema.ts';

/** What is particular to a built-in kind; the rest is the same for all of them. */
export type BuiltInKind = Pick<ResourceType, 'version' | 'plural' | 'kind' | 'namespaced'> &
  Partial<Omit<ResourceType, 'columns' | 'schema' | 'decode' | 'present' | 'custom'>> & {
    fields: Record<string, StructuralSchema>;
    /** The columns between Name and Age. */
    columns: PrinterColumn[] | { all: PrinterColumn[] };
  };

export const TEXT: StructuralSchema = { type: 'string', nullable: true };
export const FLAG: StructuralSchema = { type: 'boolean', nullable: true };
export const COUNT: StructuralSchema = { type: 'integer', nullable: true };
export const TIME: StructuralSchema = { type: 'string', format: 'date-time', nullable: true };
/** `metav1.MicroTime` reads six decimals, no more and no fewer. */
export const MICRO_TIME: StructuralSchema = { ...TIME, pattern: '\\.\\d{6}(Z|[+-]\\d\\d:\\d\\d)$' };
export const TEXT_MAP: StructuralSchema = { type: 'object', nullable: true, additionalProperties: TEXT };
export const ANYTHING: StructuralSchema = { 'x-kubernetes-preserve-unknown-fields': true };
export const OBJECT_REFERENCE: StructuralSchema = {
  type: 'object',
  nullable: true,
  properties: {
    apiVersion: TEXT,
    kind: TEXT,
    namespace: TEXT,
    name: TEXT,
    uid: TEXT,
    resourceVersion: TEXT,
    fieldPath: TEXT,
  },
};

export function column(name: string, type: string, cell: PrinterColumn['cell'], priority = 0): PrinterColumn {
  return { name, type, description: `${name} of the object.`, priority, cell };
}

export const NAME_COLUMN: PrinterColumn = {
  ...column('Name', 'string', (object) => object.metadata.name),
  format: 'name',
};
const AGE_COLUMN = column('Age', 'string', (object, now) => ageOf(object.metadata.creationTimestamp ?? '', now));

export function builtInType(definition: BuiltInKind): ResourceType {
  const { fields, columns, ...particulars } = definition;
  const { kind, version, group = '' } = particulars;
  const schema: StructuralSchema = { type: 'object', properties: fields };
  const checkTypes = compileSchema(schema);
  return {
    group,
    listKind: `${kind}List`,
    singular: kind.toLowerCase(),
    shortNames: [],
    categories: [],
    statusSubresource: false,
    countsGenerations: false,
    unconditionalUpdate: true,
    nameRule: 'subdomain',
    selectableFields: {},
    prepare: (object) => object,
    validate: () => [],
    ...particulars,
    custom: false,
    schema,
    columns: Array.isArray(columns) ? [NAME_COLUMN, ...columns, AGE_COLUMN] : columns.all,
    present: (stored) => stored,
    decode(body) {
      const fitted = fitObject(schema, dropNulls(body));
      const decoded = isJsonObject(fitted.value) ? fitted.value : body;
      const cannot = `${kind} in version "${version}" cannot be handled as a ${kind}`;
      if (
        (body.kind ?? kind) !== kind ||
        (body.apiVersion ?? apiVersionOf({ group, version })) !== apiVersionOf({ group, version })
      ) {
        throw badRequest(
          `${stringAt(body, 'kind')} in version "${stringAt(body, 'apiVersion')}" cannot be handled as a ${kind}`,
        );
      }
      const [problem] = checkTypes(decoded);
      if (problem !== undefined) throw badRequest(`${cannot}: ${problem.field}: ${problem.message}`);
      return { body: decoded, unknownFields: fitted.unknownFields };
    },
  };
}

/** A built-in field that is null is a field that is absent. */
function dropNulls(body: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
}

/** A timestamp as `metav1.Time` stores it: UTC, whole seconds. */
export function toSeconds(time: Json | undefined): Json {
  return typeof time === 'string' ? `${new Date(time).toISOString().slice(0, 19)}Z` : null;
}

/** A timestamp as `metav1.MicroTime` stores it: UTC, six decimals. */
export function toMicroseconds(time: Json | undefined): Json {
  if (typeof time !== 'string') return null;
  const decimals = /\.(\d+)/.exec(time)?.[1] ?? '';
  return `${new Date(time).toISOString().slice(0, 19)}.${decimals.slice(0, 6).padEnd(6, '0')}Z`;
}

/** Applies `convert` to the fields of an object that are there. */
export function convertFields<T extends JsonObject>(
  object: T,
  names: readonly string[],
  convert: (value: Json) => Json,
): T {
  const converted = names.flatMap((name) => {
    const value = object[name];
    return value === undefined || value === null ? [] : [[name, convert(value)] as const];
  });
  return { ...object, ...Object.fromEntries(converted) };
}
