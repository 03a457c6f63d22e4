import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createMetrics } from '../../../agent/metrics/create-metrics.ts';
import { counters, gauges, histograms } from '../../../agent/metrics/metric-table.ts';
import { justStarted } from '../../rooms/metrics/known-states.ts';
import { parseMetrics } from '../../servers/prometheus/parse-metrics.ts';
import { readTables } from '../docs/read-tables.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/operating.md'), 'utf8');

type Facts = { readonly labels: readonly string[]; readonly help: string };

function toRows(type: string, table: Readonly<Record<string, Facts>>): string[][] {
  return Object.entries(table).map(([name, { labels, help }]) => {
    const code = labels.map((label) => `\`${label}\``).join(', ');
    return [`\`${name}\``, type, code, help];
  });
}

describe('the table of metrics', () => {
  test('in docs/operating.md tells every metric as the code has it, and no other', () => {
    const code = [...toRows('gauge', gauges), ...toRows('counter', counters), ...toRows('histogram', histograms)];
    const [table] = readTables(page).filter(({ header }) => header[0] === 'Metric');
    expect(table?.rows).toEqual(code);
  });

  test('is what the registry has, by name and type', async () => {
    const { types } = parseMetrics(await createMetrics('1.2.3').render(justStarted));
    const own = Object.fromEntries([...types].filter(([name]) => name.startsWith('ucl_agent_')));
    const table = [
      ...Object.keys(gauges).map((name) => [name, 'gauge']),
      ...Object.keys(counters).map((name) => [name, 'counter']),
      ...Object.keys(histograms).map((name) => [name, 'histogram']),
    ];
    expect(own).toEqual(Object.fromEntries(table));
  });

  test('follows the conventions: a moment is in seconds, a counter ends in _total, and each text is a sentence', () => {
    expect(Object.keys(counters).filter((name) => !name.endsWith('_total'))).toEqual([]);
    expect(Object.keys(histograms).filter((name) => !name.endsWith('_seconds'))).toEqual([]);
    expect(Object.keys(gauges).filter((name) => name.endsWith('_total') || /_(?:at|ms|time)$/.test(name))).toEqual([]);
    const texts = Object.values({ ...gauges, ...counters, ...histograms }).map(({ help }) => help);
    expect(texts.filter((help) => !help.endsWith('.'))).toEqual([]);
  });
});
