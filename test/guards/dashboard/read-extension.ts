import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

/*
 * An extension of the Kyma dashboard, as https://github.com/kyma-project/busola/tree/main/docs/contributor/extensibility
 * has it, as far as it is used here. Strict: a key that the dashboard does not know would do nothing, and nobody would notice.
 */

const expression = z.string().min(1);
const rule = z.union([expression, z.array(z.string())]);

const base = z.strictObject({
  name: z.string().optional(),
  source: expression.optional(),
  widget: z
    .enum(['Alert', 'Badge', 'EventList', 'Panel', 'ResourceList', 'Table', 'Text', 'TimeFromNow'])
    .default('Text'),
  visibility: expression.optional(),
  placeholder: z.string().optional(),
  copyable: z.boolean().optional(),
  fullWidth: z.boolean().optional(),
  highlights: z.strictObject({ positive: rule, informative: rule, warning: rule, critical: rule }).partial().optional(),
  description: z.string().optional(),
  severity: z.enum(['information', 'warning', 'error', 'success']).optional(),
  filter: expression.optional(),
  hideInvolvedObjects: z.boolean().optional(),
  get children() {
    return z.array(base).optional();
  },
});
export type Component = z.infer<typeof base>;

const withChildren: readonly string[] = ['Panel', 'Table'];
const withoutSource: readonly string[] = ['Panel', 'EventList'];

/** What the widgets of this component and of those in it lack, one sentence each. */
export function findGaps(component: Component): string[] {
  const { name = '?', widget, source, children = [] } = component;
  const inner = children.flatMap(findGaps);
  if (source === undefined && !withoutSource.includes(widget)) inner.push(`${widget} ${name} has no source`);
  if (withChildren.includes(widget) !== children.length > 0) inner.push(`${widget} ${name}: children`);
  return inner;
}

const components = z.array(base);

const extension = z.strictObject({
  general: z.strictObject({
    resource: z.strictObject({ kind: z.string(), group: z.string(), version: z.string() }),
    scope: z.enum(['cluster', 'namespace']),
    urlPath: z.string(),
    name: z.string(),
    category: z.string(),
    icon: z.string(),
    description: z.string(),
    features: z.strictObject({
      actions: z.strictObject({ disableCreate: z.boolean(), disableDelete: z.boolean() }),
    }),
  }),
  list: components,
  details: z.strictObject({
    header: components,
    status: z.strictObject({ header: components, body: components.min(1) }),
    body: components,
  }),
  form: z.array(
    z.strictObject({
      path: z.string(),
      name: z.string().optional(),
      widget: z.enum(['KeyValuePair']).optional(),
      description: z.string().optional(),
      inputInfo: z.string().optional(),
      defaultExpanded: z.boolean().optional(),
    }),
  ),
  injections: z.array(
    base.extend({ targets: z.array(z.strictObject({ location: z.string(), slot: z.string() })).min(1) }),
  ),
  dataSources: z.record(
    z.string(),
    z.strictObject({
      resource: z.strictObject({ kind: z.string(), group: z.string(), version: z.string(), namespace: z.null() }),
      filter: expression,
    }),
  ),
});
export type Extension = z.infer<typeof extension>;

const folder = join(import.meta.dirname, '../../../manifests/dashboard');

const kustomization = z.object({
  configMapGenerator: z.tuple([
    z.object({
      files: z.array(z.string()),
      options: z.object({ disableNameSuffixHash: z.literal(true), labels: z.record(z.string(), z.string()) }),
    }),
  ]),
});

function readYaml(file: string): unknown {
  return parse(readFileSync(join(folder, file), 'utf8'));
}

/** The labels of the ConfigMap, and the YAML in it by its keys. */
export function readExtension(): { labels: Record<string, string>; extension: Extension } {
  const [{ files, options }] = kustomization.parse(readYaml('kustomization.yaml')).configMapGenerator;
  const entries = files.map((entry) => entry.split('=')).map(([key = '', file = '']) => [key, readYaml(file)]);
  return { labels: options.labels, extension: extension.parse(Object.fromEntries(entries)) };
}
