import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { createMetrics } from '../../../agent/metrics/create-metrics.ts';
import { counters, gauges, histograms } from '../../../agent/metrics/metric-table.ts';
import { justStarted } from '../../rooms/metrics/known-states.ts';
import { parseMetrics, type Scrape } from '../../servers/prometheus/parse-metrics.ts';
import { findAnchors } from '../docs/find-anchors.ts';
import { findUnknownMetrics } from './find-unknown-metrics.ts';
import { readAlerts, readBoard } from './read-monitoring.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/alerts.md'), 'utf8');
const labels = new Map<string, readonly string[]>(
  Object.entries({ ...gauges, ...counters, ...histograms }).map(([name, facts]) => [name, facts.labels]),
);

let types: Scrape['types'];
beforeAll(async () => {
  ({ types } = parseMetrics(await createMetrics('1.2.3').render(justStarted)));
});

const unknownIn = (expression: string) => findUnknownMetrics(expression, types, labels);

describe('the alerts', () => {
  test('ask for metrics and labels that the agent has, their texts too', () => {
    const alerts = readAlerts();
    expect(alerts.length).toBeGreaterThan(5);
    const texts = alerts
      .map(({ annotations }) => annotations.description)
      .filter((text) => text.includes('ucl_agent_'));
    expect([...alerts.map(({ expr }) => expr), ...texts].flatMap(unknownIn)).toEqual([]);
  });

  test('lead each to its own section of docs/alerts.md, and every section has its alert', () => {
    const alerts = readAlerts();
    expect(alerts.map(({ annotations }) => annotations.runbook_url)).toEqual(
      alerts.map(({ alert }) => `docs/alerts.md#${alert.toLowerCase()}`),
    );
    expect(findAnchors(page)).toEqual(expect.arrayContaining(alerts.map(({ alert }) => alert.toLowerCase())));
    expect([...page.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)).toEqual(alerts.map(({ alert }) => alert));
  });

  test('have a section with the cause, a first look and a remedy, each look and remedy as a command', () => {
    const form =
      /^\w+\n\n\*\*Cause\.\*\* [\s\S]+\n\n\*\*First look\.\*\* [\s\S]+?```sh\n[\s\S]+?```\n\n\*\*Remedy\.\*\* [\s\S]+?```sh\n/;
    const sections = page.split('\n## ').slice(1);
    expect(sections.filter((section) => !form.test(section)).map((section) => section.split('\n', 1)[0])).toEqual([]);
  });
});

describe('the board', () => {
  test('asks in each panel for metrics and labels that the agent has', () => {
    const { panels, variables } = readBoard();
    expect(panels.length).toBeGreaterThan(10);
    const asked = [...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)), ...variables.filter(isQuery)];
    expect(asked.flatMap(unknownIn)).toEqual([]);
  });

  test('shows each metric of the agent, or an alert is about it', () => {
    const { panels } = readBoard();
    const shown = [
      ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
      ...readAlerts().map(({ expr }) => expr),
    ].join('\n');
    expect([...labels.keys()].filter((name) => !shown.includes(name))).toEqual([]);
  });
});

function isQuery(variable: string): boolean {
  return variable.includes('label_values');
}

describe('the search for unknown metrics', () => {
  test.each([
    ['ucl_agent_redy == 0', 'no metric ucl_agent_redy'],
    ['rate(ucl_agent_sync_duration_seconds[5m])', 'no metric ucl_agent_sync_duration_seconds'],
    ['ucl_agent_systems{status="failed"} > 0', 'no label status of ucl_agent_systems'],
    ['up == 0', 'no metric in up == 0'],
  ])('finds %s', (expression, found) => {
    expect(unknownIn(expression)).toEqual([found]);
  });
});
