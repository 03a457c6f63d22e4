import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { connectionStatusSchema } from '../../../agent/domain/connection-status.ts';

/** As much of JSON Schema as the status needs; CRDs say `nullable` where JSON Schema names a second type. */
interface Schema {
  type?: string | string[];
  nullable?: boolean;
  anyOf?: Schema[];
  enum?: string[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
}

interface Field {
  type: string | undefined;
  nullable: boolean;
  enum: string[] | undefined;
}

const crd = 'manifests/crds/compassconnections.compass.kyma-project.io.yaml';

function readCrd(): Schema {
  const document: unknown = parse(readFileSync(new URL(`../../../${crd}`, import.meta.url), 'utf8'));
  return z
    .object({ spec: z.object({ versions: z.tuple([z.object({ schema: z.looseObject({}) })]) }) })
    .transform(({ spec }) => spec.versions[0].schema.openAPIV3Schema as { properties: { status: Schema } })
    .parse(document).properties.status;
}

/** Every field by its path, such as `conditions[].type`. */
function fieldsOf(schema: Schema, path = ''): [path: string, field: Field][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]): [string, Field][] => {
    const own = path === '' ? name : `${path}.${name}`;
    const meant = property.anyOf?.find(({ type }) => type !== 'null') ?? property;
    const types = [property, ...(property.anyOf ?? [])].flatMap(({ type = [] }) => type);
    const field = {
      type: types.find((type) => type !== 'null')?.replace('number', 'integer'),
      nullable: property.nullable ?? types.includes('null'),
      enum: meant.enum,
    };
    return [[own, field], ...fieldsOf(meant, own), ...fieldsOf(meant.items ?? {}, `${own}[]`)];
  });
}

const status = readCrd();
const declared = new Map(fieldsOf(status));
const used = new Map(fieldsOf(z.toJSONSchema(connectionStatusSchema, { io: 'output' }) as Schema));

test('The status that the code knows has the fields of the CRD, each of the same type', () => {
  const typesOf = (fields: ReadonlyMap<string, Field>) =>
    Object.fromEntries([...fields].map(([path, { type }]) => [path, type]));
  expect(typesOf(used)).toEqual(typesOf(declared));
});

test('What the code may write as null, or as one of several words, the CRD takes', () => {
  const refused = [...used].filter(([path, field]) => {
    const { nullable = false, enum: words } = declared.get(path) ?? {};
    return (field.nullable && !nullable) || (words !== undefined && !field.enum?.every((word) => words.includes(word)));
  });
  expect(refused).toEqual([]);
});

test('What the CRD requires, the code always writes', () => {
  const { required = [] } = z.toJSONSchema(connectionStatusSchema, { io: 'output' });
  expect(status.required?.filter((name) => !required.includes(name))).toEqual([]);
});
