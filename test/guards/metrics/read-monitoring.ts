import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const folder = join(import.meta.dirname, '../../../manifests/monitoring');

const ruleSchema = z.object({
  spec: z.object({
    groups: z.array(
      z.object({
        rules: z.array(
          z.object({
            alert: z.string(),
            expr: z.string(),
            labels: z.object({ severity: z.string() }),
            annotations: z.object({ summary: z.string(), description: z.string(), runbook_url: z.string() }),
          }),
        ),
      }),
    ),
  }),
});

const boardSchema = z.object({
  panels: z.array(
    z.object({ title: z.string(), description: z.string(), targets: z.array(z.object({ expr: z.string() })) }),
  ),
  templating: z.object({ list: z.array(z.object({ name: z.string(), query: z.unknown() })) }),
});

export function readAlerts() {
  const rule: unknown = parse(readFileSync(join(folder, 'rules/prometheus-rule.yaml'), 'utf8'));
  return ruleSchema.parse(rule).spec.groups.flatMap(({ rules }) => rules);
}

/** The board's panels, and the queries of its variables as text. */
export function readBoard() {
  const board: unknown = JSON.parse(readFileSync(join(folder, 'dashboard/ucl-agent.json'), 'utf8'));
  const { panels, templating } = boardSchema.parse(board);
  return { panels, variables: templating.list.map(({ query }) => JSON.stringify(query)) };
}
