import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { readContainer, renderTemplates } from './render-templates.ts';

const chart = join(import.meta.dirname, '../../../manifests/chart');
const templates = renderTemplates();

test.each([...templates])('templates/%s is made of the manifests as they are', async (file, text) => {
  await expect(text).toMatchFileSnapshot(join(chart, 'templates', file));
});

test('The chart has no other templates', () => {
  const files = readdirSync(join(chart, 'templates'), { recursive: true, encoding: 'utf8' });
  expect(files.filter((file) => file.endsWith('.yaml')).sort()).toEqual([...templates.keys()].sort());
});

describe('The values', () => {
  const values: unknown = parse(readFileSync(join(chart, 'values.yaml'), 'utf8'));
  const schema = z.looseObject({}).parse(JSON.parse(readFileSync(join(chart, 'values.schema.json'), 'utf8')));
  const isValid = new Ajv({ allErrors: true }).compile(schema);

  test('are by default what the Deployment has', () => {
    const { image, resources } = readContainer();
    expect(values).toMatchObject({ image: { repository: image.split(':')[0], tag: '' }, resources });
  });

  test('fit their schema, which takes no value of another name', () => {
    expect(isValid(values) ? [] : isValid.errors).toEqual([]);
    expect(isValid({ ...Object(values), replica: 1 })).toBe(false);
  });

  test('can ask for several agents, and for none', () => {
    for (const replicas of [0, 2]) expect(isValid({ ...Object(values), replicas })).toBe(true);
    expect(isValid({ ...Object(values), replicas: -1 })).toBe(false);
  });

  test('are those of the schema, each one', () => {
    const declared = z.object({ properties: z.record(z.string(), z.unknown()) }).parse(schema).properties;
    expect(Object.keys(Object(values)).sort()).toEqual(
      Object.keys(declared)
        .filter((name) => name !== 'global')
        .sort(),
    );
  });
});
