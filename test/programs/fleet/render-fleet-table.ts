import type { Figures, Scenario } from './run-scenario.ts';

/** A table of each scenario that was run, with its plot. */
export function renderFleetTable(scenarios: readonly Scenario[], figures: readonly Figures[]): string {
  return scenarios
    .map((scenario) => ({ scenario, rows: figures.filter((one) => one.scenario === scenario.name) }))
    .filter(({ rows }) => rows.length > 0)
    .map(({ scenario, rows }) => renderScenario(scenario, rows))
    .join('\n\n');
}

function renderScenario({ name, title }: Scenario, rows: readonly Figures[]): string {
  const lines = rows.map(
    ({ variant, peak, mean, refused, recoveredMs, medianWaitMs, longWaitMs }) =>
      `| ${variant} | ${count(peak)} | ${count(mean)} | ${(100 * refused).toFixed(1)} % | ${toSeconds(recoveredMs)} | ${toSeconds(medianWaitMs)} | ${toSeconds(longWaitMs)} |`,
  );
  return [
    `${title}:`,
    '',
    '| Fleet | Calls in 30 s, peak | mean | turned away | All recovered after, s | Change to credentials, median, s | 99 %, s |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...lines,
    '',
    `![Calls in 30 s](fleet/${name}.svg)`,
  ].join('\n');
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function toSeconds(ms: number | undefined): string {
  return ms === undefined ? 'not all' : count(ms / 1_000);
}
