import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const ruleFile = path.join(import.meta.dirname, '../../../manifests/monitoring/rules/prometheus-rule.yaml');

const alertSchema = z.looseObject({ alert: z.string(), for: z.string().optional() });
const ruleSchema = z.object({
  spec: z.object({ groups: z.array(z.looseObject({ rules: z.array(alertSchema) })) }),
});

export type AlertGroup = z.infer<typeof ruleSchema>['spec']['groups'][number];

/** The rule groups of `manifests/monitoring/rules`, as the operator hands them to Prometheus. */
export async function readAlertGroups(): Promise<AlertGroup[]> {
  const rule: unknown = parse(await readFile(ruleFile, 'utf8'));
  return ruleSchema.parse(rule).spec.groups;
}
