import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { TrialResult } from '../../suites/faults/record-trial.ts';
import { renderTrials } from '../../suites/faults/render-trials.ts';
import { scenarioGroups } from '../../suites/faults/scenario-groups.ts';
import { renderScenarios } from './render-scenarios.ts';

const root = join(import.meta.dirname, '../../..');
const scenarios = scenarioGroups.flatMap((group) => group.scenarios);
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const fill = (page: string) => {
  const [begin, end] = ['<!-- scenarios -->', '<!-- /scenarios -->'];
  const [head, rest] = page.split(begin);
  return `${head}${begin}\n\n${renderScenarios(scenarioGroups)}\n${end}${rest?.split(end)[1] ?? ''}`;
};

describe('The faults that are tried', () => {
  test('stand in docs/faults.md, each with a sentence and its tests', async () => {
    await expect(fill(read('docs/faults.md'))).toMatchFileSnapshot('../../../docs/faults.md');
  });

  test('have names of their own', () => {
    expect([...new Set(scenarios.map(({ name }) => name))]).toEqual(scenarios.map(({ name }) => name));
  });

  test.each(scenarios)('$name: by tests that are there', ({ name, tests }) => {
    for (const { file, title } of tests) {
      const source = read(file);
      expect(source.includes(`'${title}'`), `${file} has no test '${title}'`).toBe(true);
    }
    // Where a test records what came of it, that is under this name.
    const own = tests.filter(({ file }) => file.endsWith('.fault-test.ts') || read(file).includes('recordKills('));
    for (const { file } of own) expect(read(file), `${file} records no result`).toContain(`'${name}'`);
  });
});

describe('The table of results', () => {
  const result = (scenario: string, changes: Partial<TrialResult> = {}): TrialResult => {
    return { scenario, injected: '3 requests', lost: [], recoveredMs: 1234, ...changes };
  };
  const [first, second] = scenarios.map(({ name }) => name);

  test('has the order of the list, and says what was lost', () => {
    const lost = ['the process', 'a token'];
    expect(
      renderTrials(scenarios, [result(second ?? '', { lost }), result(first ?? '')])
        .split('\n')
        .slice(2),
    ).toEqual([`| ${first} | 3 requests | nothing | 1.2 |`, `| ${second} | 3 requests | the process; a token | 1.2 |`]);
  });

  test('keeps the rows of what did not run, and none of what is no longer tried', () => {
    const earlier = [`| ${first} | 1 kill | nothing | 9.0 |`, '| Something else | 1 kill | nothing | 9.0 |'];
    expect(
      renderTrials(scenarios, [result(second ?? '')], earlier.join('\n'))
        .split('\n')
        .slice(2),
    ).toEqual([earlier[0], `| ${second} | 3 requests | nothing | 1.2 |`]);
  });
});
