import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from '@graphql-codegen/cli';
import {
  buildClientSchema,
  buildSchema,
  type GraphQLSchema,
  type IntrospectionQuery,
  isEnumType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  isUnionType,
  Kind,
  parse,
  validate,
  visit,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { credentialKinds, fieldsOf } from '../../../agent/domain/credential-kinds.ts';
import codegen from '../../../codegen.ts';

const root = join(import.meta.dirname, '../../..');
const recordings = join(root, '..', 'shared', 'recordings', 'compass');
const apis = ['connector', 'director'];

function readSchema(api: string): GraphQLSchema {
  return buildSchema(readFileSync(join(root, 'graphql', api, 'schema.graphql'), 'utf8'));
}

function readDocuments(api: string): Map<string, string> {
  const folder = join(root, 'graphql', api);
  const names = readdirSync(folder).filter((name) => name.endsWith('.graphql') && name !== 'schema.graphql');
  return new Map(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

/** Every type, field and argument of `subset` that `whole` lacks or has otherwise. */
function findDifferences(subset: GraphQLSchema, whole: GraphQLSchema): string[] {
  const differences: string[] = [];
  for (const [name, type] of Object.entries(subset.getTypeMap())) {
    if (isIntrospectionType(type) || isSpecifiedScalarType(type)) continue;
    const other = whole.getType(name);
    if (other?.constructor !== type.constructor) {
      differences.push(`${name} is not a type of the same kind there`);
      continue;
    }
    if (isEnumType(type) && isEnumType(other)) {
      const values = (of: typeof type) => of.getValues().map((value) => value.name);
      if (String(values(type).sort()) !== String(values(other).sort())) differences.push(`${name} has other values`);
    }
    if (isUnionType(type) && isUnionType(other)) {
      if (String(type.getTypes().toSorted()) !== String(other.getTypes().toSorted())) {
        differences.push(`${name} has other members`);
      }
    }
    if (!((isObjectType(type) && isObjectType(other)) || (isInterfaceType(type) && isInterfaceType(other)))) continue;
    for (const field of Object.values(type.getFields())) {
      const counterpart = other.getFields()[field.name];
      if (String(counterpart?.type) !== String(field.type)) {
        differences.push(`${name}.${field.name}: ${String(field.type)} is ${String(counterpart?.type ?? 'not')} there`);
      }
      for (const argument of field.args) {
        const there = counterpart?.args.find((candidate) => candidate.name === argument.name);
        if (String(there?.type) !== String(argument.type) || there?.defaultValue !== argument.defaultValue) {
          differences.push(`${name}.${field.name}(${argument.name}: ${String(argument.type)}) is otherwise there`);
        }
      }
    }
  }
  return differences;
}

describe.each(apis)('the documents of the %s', (api) => {
  const documents = readDocuments(api);

  it('hold one operation or one fragment each, in a file of its name', () => {
    for (const [file, text] of documents) {
      const { definitions } = parse(text);
      expect(definitions, file).toHaveLength(1);
      const [definition] = definitions;
      const named = definition?.kind === Kind.OPERATION_DEFINITION || definition?.kind === Kind.FRAGMENT_DEFINITION;
      const name = named ? definition.name?.value : '';
      const kebab = name?.replace(/(?!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
      expect(`${kebab}.graphql`).toBe(file);
    }
  });

  it('are valid for the schema', () => {
    expect(validate(readSchema(api), parse([...documents.values()].join('\n')))).toEqual([]);
  });

  it('never select what breaks answers or carries nothing', () => {
    for (const [file, text] of documents) {
      const selected = text.replaceAll(/#.*/g, '');
      expect(selected, file).not.toMatch(/\b(spec|group|packages?|applicationTemplate)\b/);
    }
  });
});

/** The fields that the documents select of each of these types, by `... on`. */
function readSelections(api: string): Map<string, string[]> {
  const selections = new Map<string, string[]>();
  visit(parse([...readDocuments(api).values()].join('\n')), {
    InlineFragment({ typeCondition, selectionSet }) {
      const fields = selectionSet.selections.flatMap((one) => (one.kind === Kind.FIELD ? [one.name.value] : []));
      selections.set(typeCondition?.name.value ?? '', fields);
    },
  });
  return selections;
}

it.each([...credentialKinds])('of a credential of type %s its rules read what is selected', (typename, rules) => {
  expect(readSelections('director').get(typename)?.sort()).toEqual(fieldsOf(rules).sort());
});

it('the generated modules are what codegen makes of the documents', async () => {
  const outputs: { filename: string; content: string }[] = await generate(
    { ...codegen, cwd: root, silent: true },
    false,
  );
  expect(outputs.map(({ filename }) => filename).sort()).toHaveLength(apis.length);
  for (const { filename, content } of outputs) {
    expect(readFileSync(join(root, filename), 'utf8').trim(), filename).toBe(content.trim());
  }
});

describe('the schema subset', () => {
  const whole = (api: string) => join(recordings, `introspection-${api}.json`);

  it.runIf(existsSync(recordings)).each(apis)('of the %s is part of the recorded schema', (api) => {
    const { data } = JSON.parse(readFileSync(whole(api), 'utf8')) as { data: IntrospectionQuery };
    expect(findDifferences(readSchema(api), buildClientSchema(data))).toEqual([]);
  });

  it('is compared by type, nullability, argument, members and values', () => {
    const subset = buildSchema(`
      type Query { a(x: Int = 1): String! b: Thing gone: Int }
      union Thing = One | Two type One { id: ID } type Two { id: ID } enum E { A }
    `);
    const other = buildSchema(`
      type Query { a(x: Int = 2): String b: Thing }
      union Thing = One type One { id: ID } enum E { A B }
    `);
    expect(findDifferences(subset, other)).toEqual([
      'Query.a: String! is String there',
      'Query.a(x: Int) is otherwise there',
      'Query.gone: Int is not there',
      'Thing has other members',
      'Two is not a type of the same kind there',
      'E has other values',
    ]);
  });
});
