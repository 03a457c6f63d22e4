import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readSection, replaceSection } from '../../programs/bench/replace-section.ts';
import { readTrials } from './record-trial.ts';
import { renderTrials } from './render-trials.ts';
import { scenarioGroups } from './scenario-groups.ts';

const docsFile = path.join(import.meta.dirname, '../../../docs/faults.md');

/**
 * Prints what came of the scenarios of a run.
 * @param file where its tests left that.
 * @param isWritten Put it into docs/faults.md as well, where rows of scenarios that did not run stay.
 */
export async function tellTrials(file: string, isWritten: boolean): Promise<void> {
  const results = readTrials(file);
  if (results.length === 0) return;
  const scenarios = scenarioGroups.flatMap((group) => group.scenarios);
  console.error(renderTrials(scenarios, results));
  if (!isWritten) return;
  const page = await readFile(docsFile, 'utf8');
  const table = renderTrials(scenarios, results, readSection(page, 'faults'));
  await writeFile(docsFile, replaceSection(page, 'faults', table));
}
