import { readFileSync } from 'node:fs';
import {
  buildSchema,
  defaultFieldResolver,
  extendSchema,
  type FieldDefinitionNode,
  type GraphQLDirective,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  getDirectiveValues,
  isObjectType,
  isScalarType,
  parse,
} from 'graphql';
import { insufficientScopes } from './director-error.ts';

/** Resolvers by type and field; each states the source and arguments that the schema gives it. */
export type Resolvers<Context> = Record<string, Record<string, GraphQLFieldResolver<never, Context, never>>>;

/** What a request is allowed to do; the administrator needs no list. */
export type Scopes = readonly string[] | 'all';

/** Thrown where the backend cannot write a value as JSON; it costs the whole answer, not one field. */
export class UnserializableValue extends Error {
  constructor() {
    super('The backend cannot serialize this value.');
    this.name = 'UnserializableValue';
  }
}

/** Builds an executable schema from files of `schema/`; a field without a resolver reads its property. */
export function buildExecutableSchema<Context>(files: readonly string[], resolvers: Resolvers<Context>): GraphQLSchema {
  const [base = '', ...extensions] = files.map((file) =>
    readFileSync(new URL(`./schema/${file}`, import.meta.url), 'utf8'),
  );
  const schema = extensions.reduce((built, sdl) => extendSchema(built, parse(sdl)), buildSchema(base));
  attachResolvers(schema, resolvers);
  addScopeChecks(schema);
  setScalar(schema, 'Timestamp', toTimestamp);
  for (const name of ['JSONSchema', 'CLOB']) setScalar(schema, name, toGoQuotable);
  return schema;
}

function attachResolvers<Context>(schema: GraphQLSchema, resolvers: Resolvers<Context>): void {
  for (const [typeName, fields] of Object.entries(resolvers)) {
    const type = schema.getType(typeName);
    if (!isObjectType(type)) throw new Error(`The schema has no type ${typeName}.`);
    for (const [fieldName, resolver] of Object.entries(fields)) {
      const field = type.getFields()[fieldName];
      if (field === undefined) throw new Error(`The schema has no field ${typeName}.${fieldName}.`);
      // graphql-js hands each resolver what the schema says; `never` let each state its own types.
      field.resolve = resolver as GraphQLFieldResolver<unknown, Context>;
    }
  }
}

function addScopeChecks(schema: GraphQLSchema): void {
  const needs = schema.getDirective('needs');
  const sanitize = schema.getDirective('sanitize');
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || needs == null || sanitize == null) continue;
    for (const field of Object.values(type.getFields())) {
      if (field.astNode == null) continue;
      const needed = scopeOf(needs, field.astNode);
      const sanitized = scopeOf(sanitize, field.astNode);
      if (needed === undefined && sanitized === undefined) continue;
      const resolve = field.resolve ?? defaultFieldResolver;
      field.resolve = (source, args, context: { scopes?: Scopes }, info) => {
        const scopes = context.scopes ?? [];
        if (scopes === 'all') return resolve(source, args, context, info);
        if (sanitized !== undefined && !scopes.includes(sanitized)) return null;
        if (needed !== undefined && !scopes.includes(needed)) throw insufficientScopes(scopes, needed);
        return resolve(source, args, context, info);
      };
    }
  }
}

function scopeOf(directive: GraphQLDirective, node: FieldDefinitionNode): string | undefined {
  const scope = getDirectiveValues(directive, node)?.scope;
  return typeof scope === 'string' ? scope : undefined;
}

function setScalar(schema: GraphQLSchema, name: string, serialize: (value: unknown) => unknown): void {
  const type = schema.getType(name);
  if (isScalarType(type)) type.serialize = serialize;
}

function toTimestamp(value: unknown): unknown {
  return value instanceof Date ? value.toISOString().replace(/\.\d{3}Z$/, 'Z') : value;
}

/**
 * Go quotes these scalars its own way, which is not JSON for some characters
 * (docs/contracts/compass.md#odd-characters).
 */
function toGoQuotable(value: unknown): unknown {
  const isOdd = (code: number) => code === 0x7f || (code < 0x20 && ![0x08, 0x09, 0x0a, 0x0c, 0x0d].includes(code));
  if (Array.from(String(value)).some((character) => isOdd(character.codePointAt(0) ?? 0)))
    throw new UnserializableValue();
  return value;
}
