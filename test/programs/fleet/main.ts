import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { settings } from '../../../agent/config/settings.ts';
import { replaceSection } from '../bench/replace-section.ts';
import { renderFleetTable } from './render-fleet-table.ts';
import { type Figures, runScenario, scenarios, type Variant } from './run-scenario.ts';
import { toPlot } from './to-plot.ts';

/** `npm run fleet`: many agents behind UCL's shared limit, in virtual time. With --write-docs, page and plots are rewritten. */

const { values } = parseArgs({
  options: {
    'write-docs': { type: 'boolean', default: false },
    only: { type: 'string' },
    delays: { type: 'string' },
    calls: { type: 'string' },
  },
});
const docs = path.join(import.meta.dirname, '../../../docs');
const followUpDelaysMs = settings.followUpDelaysMs.parse(values.delays ?? settings.followUpDelaysMs.default) ?? [];
const callsPerHour = Number(values.calls ?? settings.compassCallsPerHour.default);

const variants: readonly Variant[] = [
  { name: 'Go agent', pace: undefined },
  { name: 'without follow-ups', pace: { followUpDelaysMs: [], callsPerHour: 0 } },
  { name: 'with follow-ups', pace: { followUpDelaysMs, callsPerHour } },
];

const all: Figures[] = [];
for (const scenario of scenarios.filter(({ name }) => values.only === undefined || values.only === name)) {
  const figures: Figures[] = [];
  for (const variant of variants) figures.push(await runScenario(scenario, variant));
  all.push(...figures);
  if (values['write-docs']) {
    await mkdir(path.join(docs, 'fleet'), { recursive: true });
    await writeFile(path.join(docs, 'fleet', `${scenario.name}.svg`), toPlot(scenario.title, figures));
  }
}
const table = renderFleetTable(scenarios, all);
console.log(table);
if (values['write-docs']) {
  const page = path.join(docs, 'performance.md');
  await writeFile(page, replaceSection(await readFile(page, 'utf8'), 'fleet', table));
}
