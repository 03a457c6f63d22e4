import type { TrialResult } from './record-trial.ts';
import type { Scenario } from './scenario.ts';

const head = ['| Scenario | Injected | Lost | Recovered after, s |', '| --- | --- | --- | --- |'];

/**
 * What came of the scenarios, as a table in the order of the list. Rows of an earlier table stay for scenarios that did
 * not run this time.
 */
export function renderTrials(scenarios: readonly Scenario[], results: readonly TrialResult[], earlier = ''): string {
  const fresh = new Map(results.map((result) => [result.scenario, toRow(result)]));
  const kept = new Map(earlier.split('\n').map((row) => [row.split(' | ')[0]?.replace(/^\| /, '') ?? '', row]));
  return [...head, ...scenarios.flatMap(({ name }) => fresh.get(name) ?? kept.get(name) ?? [])].join('\n');
}

function toRow({ scenario, injected, lost, recoveredMs }: TrialResult): string {
  const told = lost.length === 0 ? 'nothing' : lost.join('; ');
  return `| ${scenario} | ${injected} | ${told} | ${(recoveredMs / 1000).toFixed(1)} |`;
}
