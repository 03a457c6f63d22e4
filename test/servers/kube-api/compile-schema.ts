import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import { isJsonObject, type Json, type JsonObject } from './kube-object.ts';
import {
  duplicateField,
  type FieldProblem,
  invalidField,
  requiredField,
  tooLongField,
  tooManyField,
  unsupportedField,
  wrongTypeField,
} from './status-error.ts';
import type { StructuralSchema } from './structural-schema.ts';

/** Says what is wrong with an object, in the words and with the reasons of the real server; empty when nothing is. */
export type SchemaValidator = (object: JsonObject) => FieldProblem[];

const FORMATS: Record<string, (text: string) => boolean> = {};
for (const name of ['date', 'date-time', 'email', 'ipv4', 'ipv6', 'uri', 'uuid'] as const) {
  const format = fullFormats[name];
  FORMATS[name] = (text) => checkFormat(format, text);
}

function checkFormat(format: unknown, text: string): boolean {
  if (format instanceof RegExp) return format.test(text);
  if (typeof format === 'function') return Boolean(format(text));
  if (typeof format === 'object' && format !== null && 'validate' in format) return checkFormat(format.validate, text);
  return true;
}

/** Compiles a CRD's schema once. `x-kubernetes-validations` (CEL) are not evaluated. */
export function compileSchema(schema: StructuralSchema): SchemaValidator {
  const ajv = new Ajv({ allErrors: true, strict: false, verbose: true, logger: false, formats: FORMATS });
  const { kind, apiVersion, metadata, ...properties } = isJsonObject(schema.properties) ? schema.properties : {};
  let compiled: ValidateFunction | undefined;
  return (object) => {
    compiled ??= ajv.compile(toJsonSchema({ ...schema, properties }));
    compiled(object);
    const problems = (compiled.errors ?? []).flatMap((error) => toProblem(error, object));
    return [...problems, ...findDuplicates(schema, object, '')];
  };
}

const SCHEMA_KEYWORDS = new Set(['items', 'additionalProperties', 'not']);
const SCHEMA_LIST_KEYWORDS = new Set(['allOf', 'anyOf', 'oneOf']);
const PLAIN_KEYWORDS = new Set(
  (
    'required pattern minLength maxLength minimum maximum multipleOf ' +
    'minItems maxItems uniqueItems minProperties maxProperties'
  ).split(' '),
);

function toJsonSchema(schema: StructuralSchema): JsonObject {
  const result: JsonObject = {};
  const nullable = schema.nullable === true;
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === 'type') result.type = nullable ? [value, 'null'] : value;
    else if (keyword === 'enum' && Array.isArray(value)) result.enum = nullable ? [...value, null] : value;
    else if (keyword === 'format' && typeof value === 'string' && value in FORMATS) result.format = value;
    else if (keyword === 'exclusiveMinimum' && value === true) result.exclusiveMinimum = schema.minimum ?? 0;
    else if (keyword === 'exclusiveMaximum' && value === true) result.exclusiveMaximum = schema.maximum ?? 0;
    else if (keyword === 'properties' && isJsonObject(value)) {
      result.properties = Object.fromEntries(
        Object.entries(value).map(([name, field]) => [name, isJsonObject(field) ? toJsonSchema(field) : field]),
      );
    } else if (SCHEMA_KEYWORDS.has(keyword)) result[keyword] = isJsonObject(value) ? toJsonSchema(value) : value;
    else if (SCHEMA_LIST_KEYWORDS.has(keyword) && Array.isArray(value)) {
      result[keyword] = value.map((part) => (isJsonObject(part) ? toJsonSchema(part) : part));
    } else if (PLAIN_KEYWORDS.has(keyword)) result[keyword] = value;
  }
  if (schema['x-kubernetes-int-or-string'] === true) result.type = ['integer', 'string', ...(nullable ? ['null'] : [])];
  return result;
}

function toProblem(error: ErrorObject, object: JsonObject): FieldProblem[] {
  const path = toFieldPath(error.instancePath, object);
  const params: Record<string, unknown> = error.params;
  const value: Json = error.data === undefined ? '' : toJson(error.data);
  const limit = typeof params.limit === 'number' ? params.limit : 0;
  const body = `${path} in body`;
  const leaf = path.slice(path.lastIndexOf('.') + 1);
  switch (error.keyword) {
    case 'required':
      return [
        requiredField(path === '' ? String(params.missingProperty) : `${path}.${String(params.missingProperty)}`),
      ];
    case 'type': {
      const wanted = String(Array.isArray(params.type) ? params.type[0] : params.type);
      const found = typeName(value);
      return [wrongTypeField(path, found, `${body} must be of type ${wanted}: ${JSON.stringify(found)}`)];
    }
    case 'format':
      return [
        wrongTypeField(
          path,
          value,
          `${leaf} in body must be of type ${String(params.format)}: ${JSON.stringify(value)}`,
        ),
      ];
    case 'enum': {
      const allowed = isJsonObject(error.parentSchema) ? error.parentSchema.enum : [];
      return [unsupportedField(path, value, Array.isArray(allowed) ? allowed.filter((item) => item !== null) : [])];
    }
    case 'maxLength':
      return [tooLongField(path, limit)];
    case 'maxItems':
      return [tooManyField(path, Array.isArray(value) ? value.length : 0, limit)];
    case 'maxProperties':
      return [tooManyField(path, isJsonObject(value) ? Object.keys(value).length : 0, limit)];
    case 'minLength':
      return [invalidField(path, value, `${body} should be at least ${limit} chars long`)];
    case 'minItems':
      return [invalidField(path, value, `${body} should have at least ${limit} items`)];
    case 'pattern':
      return [invalidField(path, value, `${body} should match '${String(params.pattern)}'`)];
    case 'minimum':
    case 'exclusiveMinimum':
      return [invalidField(path, value, `${body} should be greater than ${orEqual(error)}${limit}`)];
    case 'maximum':
    case 'exclusiveMaximum':
      return [invalidField(path, value, `${body} should be less than ${orEqual(error)}${limit}`)];
    default:
      return [invalidField(path, value, `${body} ${error.message ?? 'is invalid'}`)];
  }
}

function orEqual(error: ErrorObject): string {
  return error.keyword.startsWith('exclusive') ? '' : 'or equal to ';
}

function typeName(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function toJson(value: unknown): Json {
  const copy: Json = JSON.parse(JSON.stringify(value));
  return copy;
}

/** `/spec/services/0/id` as Kubernetes writes it: `spec.services[0].id`. */
function toFieldPath(pointer: string, object: JsonObject): string {
  let path = '';
  let at: Json | undefined = object;
  for (const escaped of pointer.split('/').slice(1)) {
    const key = escaped.replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(at)) {
      path += `[${key}]`;
      at = at[Number(key)];
    } else {
      path += path === '' ? key : `.${key}`;
      at = isJsonObject(at) ? at[key] : undefined;
    }
  }
  return path;
}

/** JSON Schema knows no keyed lists, so `x-kubernetes-list-type: map` and `set` are looked after here. */
function findDuplicates(schema: StructuralSchema, value: Json | undefined, path: string): FieldProblem[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    const nested = isJsonObject(items)
      ? value.flatMap((item, index) => findDuplicates(items, item, `${path}[${index}]`))
      : [];
    return [...duplicatesOf(schema, value, path), ...nested];
  }
  if (!isJsonObject(value) || !isJsonObject(schema.properties)) return [];
  return Object.entries(schema.properties).flatMap(([key, field]) =>
    isJsonObject(field) ? findDuplicates(field, value[key], path === '' ? key : `${path}.${key}`) : [],
  );
}

function duplicatesOf(schema: StructuralSchema, list: Json[], path: string): FieldProblem[] {
  const listType = schema['x-kubernetes-list-type'];
  if (listType !== 'map' && listType !== 'set') return [];
  const keys = Array.isArray(schema['x-kubernetes-list-map-keys']) ? schema['x-kubernetes-list-map-keys'] : [];
  const seen = new Set<string>();
  return list.flatMap((item, index) => {
    const identity: Json =
      listType === 'map' && isJsonObject(item)
        ? Object.fromEntries(keys.flatMap((key) => (typeof key === 'string' ? [[key, item[key] ?? null]] : [])))
        : item;
    const text = JSON.stringify(identity);
    if (seen.has(text)) return [duplicateField(`${path}[${index}]`, identity)];
    seen.add(text);
    return [];
  });
}
