import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

/** As much of a CRD's schema as a reader of the page needs. */
export interface FieldSchema {
  type?: string;
  format?: string;
  description?: string;
  enum?: string[];
  required?: string[];
  properties?: Record<string, FieldSchema>;
  items?: FieldSchema;
}

const columnSchema = z.object({
  name: z.string(),
  jsonPath: z.string(),
  description: z.string().exactOptional(),
  priority: z.number().exactOptional(),
});
export type ColumnDefinition = z.infer<typeof columnSchema>;

export interface Definition {
  readonly schema: FieldSchema;
  readonly columns: readonly ColumnDefinition[];
}

const fieldSchema: z.ZodType<FieldSchema> = z.lazy(() =>
  z.object({
    type: z.string().exactOptional(),
    format: z.string().exactOptional(),
    description: z.string().exactOptional(),
    enum: z.array(z.string()).exactOptional(),
    required: z.array(z.string()).exactOptional(),
    properties: z.record(z.string(), fieldSchema).exactOptional(),
    items: fieldSchema.exactOptional(),
  }),
);

const crdSchema = z.object({
  spec: z.object({
    versions: z.tuple([
      z.object({
        schema: z.object({ openAPIV3Schema: fieldSchema }),
        additionalPrinterColumns: z.array(columnSchema).default([]),
      }),
    ]),
  }),
});

/** A CRD with one version; `file` from the top of the repository. */
export async function readCrd(file: string): Promise<Definition> {
  const text = await readFile(join(import.meta.dirname, '../../..', file), 'utf8');
  const [version] = crdSchema.parse(parse(text)).spec.versions;
  return { schema: version.schema.openAPIV3Schema, columns: version.additionalPrinterColumns };
}

type ListedField = readonly [path: string, field: FieldSchema, isRequired: boolean];

/** Every field by its path, such as `conditions[].type`, and whether its object must have it. */
export function listFields(schema: FieldSchema, path = ''): ListedField[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]): ListedField[] => {
    const own = path === '' ? name : `${path}.${name}`;
    const isRequired = schema.required?.includes(name) ?? false;
    return [[own, field, isRequired], ...listFields(field, own), ...listFields(field.items ?? {}, `${own}[]`)];
  });
}
