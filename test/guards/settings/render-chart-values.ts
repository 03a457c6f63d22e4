import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMap, isScalar, parseDocument, type YAMLMap } from 'yaml';
import { z } from 'zod';

/** The section on the chart in the page of settings: defaults and meanings of values.yaml, types of its schema. */

const chart = join(import.meta.dirname, '../../../manifests/chart');

interface Schema {
  type?: string | undefined;
  $ref?: string | undefined;
  properties?: Record<string, Schema> | undefined;
}

const schema: z.ZodType<Schema> = z.lazy(() =>
  z.object({
    type: z.string().optional(),
    $ref: z.string().optional(),
    properties: z.record(z.string(), schema).optional(),
  }),
);
const root = z.object({ properties: z.record(z.string(), schema), definitions: z.record(z.string(), schema) });

interface Row {
  path: string;
  meaning: string;
  type: string;
  default: string;
}

export function renderChartValues(): string {
  const rows = readChartValues().map((row) => `| \`${row.path}\` | ${row.type} | ${row.default} | ${row.meaning} |`);
  return `## Values of the Helm chart

For the chart in \`manifests/chart\` ([installation](installation.md#with-helm)). A value of another type or name is refused.

| Value | Type | Default | Meaning |
|---|---|---|---|
${rows.join('\n')}`;
}

/** Throws where a value has no comment, or is not in the schema. */
function readChartValues(): Row[] {
  const { properties, definitions } = root.parse(JSON.parse(readFileSync(join(chart, 'values.schema.json'), 'utf8')));
  const { contents } = parseDocument(readFileSync(join(chart, 'values.yaml'), 'utf8'));
  if (!isMap(contents)) throw new Error('values.yaml holds no map.');
  return toRows(contents, { properties }, definitions, '');
}

function toRows(map: YAMLMap, declared: Schema, definitions: Record<string, Schema>, prefix: string): Row[] {
  return map.items.flatMap((pair, index) => {
    if (!isScalar(pair.key)) throw new Error(`values.yaml has a key without a name below ${prefix}.`);
    const name = String(pair.key.value);
    const path = `${prefix}${name}`;
    // The comment above the first key belongs to the map.
    const comment = pair.key.commentBefore || (index === 0 && map.commentBefore) || undefined;
    const own = resolve(declared.properties?.[name], definitions);
    if (own?.type === undefined) throw new Error(`values.schema.json says nothing of ${path}.`);
    if (comment === undefined && isMap(pair.value)) return toRows(pair.value, own, definitions, `${path}.`);
    if (comment === undefined) throw new Error(`values.yaml says nothing of ${path}.`);
    const value: unknown = JSON.parse(JSON.stringify(pair.value));
    const shown = value === '' ? 'empty' : `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
    return [{ path, meaning: `${comment.trim().replaceAll(/\s*\n\s*/g, ' ')}.`, type: own.type, default: shown }];
  });
}

function resolve(declared: Schema | undefined, definitions: Record<string, Schema>): Schema | undefined {
  const reference = declared?.$ref;
  return reference === undefined ? declared : definitions[reference.replace('#/definitions/', '')];
}
