import type { ScenarioGroup } from '../../suites/faults/scenario.ts';

const commands: readonly (readonly [ending: string, command: string])[] = [
  ['.fault-test.ts', 'test:faults'],
  ['.node-test.ts', 'test:node'],
  ['.cluster-test.ts', 'test:cluster'],
  ['.test.ts', 'test'],
];

/** The list of what is tried, as the page shows it: a table for each group, with the files of the tests and their command. */
export function renderScenarios(groups: readonly ScenarioGroup[]): string {
  return groups
    .map(({ title, scenarios }) => {
      const rows = scenarios.map(({ name, what, tests }) => {
        const files = [...new Set(tests.map(({ file }) => file))].map((file) => `\`${file.replace(/^test\//, '')}\``);
        const run = [...new Set(tests.map(({ file }) => commandOf(file)))].map((command) => `\`${command}\``);
        return `| ${name} | ${what} | ${files.join(', ')} | ${run.join(', ')} |`;
      });
      return [
        `### ${title}`,
        '',
        '| Scenario | What is done | Tried in `test/` | By `npm run` |',
        '| --- | --- | --- | --- |',
        ...rows,
        '',
      ].join('\n');
    })
    .join('\n');
}

function commandOf(file: string): string {
  return commands.find(([ending]) => file.endsWith(ending))?.[1] ?? 'test';
}
