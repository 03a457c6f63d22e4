import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { replaceSection } from '../../programs/bench/replace-section.ts';
import { trialsVariable } from '../faults/record-trial.ts';
import { tellTrials } from '../faults/tell-trials.ts';
import { readFigures } from './record-figure.ts';
import { renderFigures } from './render-figures.ts';
import { runOnNode } from './run-on-node.ts';
import { figuresVariable } from './run-variables.ts';

/**
 * `npm run test:node`: the tests in a pod of a real node; arguments are vitest's, but for `--write-docs`, which puts what was
 * measured into docs/performance.md, and what came of faults into docs/faults.md.
 */
const docsFile = path.join(import.meta.dirname, '../../../docs/performance.md');
const writeDocs = '--write-docs';

async function main(args: readonly string[]): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ucl-agent-figures-'));
  const figures = path.join(folder, 'figures.jsonl');
  const trials = path.join(folder, 'trials.jsonl');
  try {
    for (const file of [figures, trials]) await writeFile(file, '');
    const forVitest = ['--config', 'vitest.node.config.ts', ...args.filter((arg) => arg !== writeDocs)];
    const run = await runOnNode(forVitest, { [figuresVariable]: figures, [trialsVariable]: trials }, report);
    if ('cannotRun' in run) return run.cannotRun;
    const isWritten = args.includes(writeDocs) && run.code === 0;
    await tellTrials(trials, isWritten);
    const measured = readFigures(figures);
    if (measured.length === 0) return run.code;
    const table = renderFigures(measured);
    report(table);
    if (isWritten) await writeFile(docsFile, replaceSection(await readFile(docsFile, 'utf8'), 'node', table));
    return run.code;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function report(line: string): void {
  console.error(line);
}

process.exitCode = await main(process.argv.slice(2));
