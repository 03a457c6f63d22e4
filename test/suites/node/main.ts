import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { replaceSection } from '../../programs/bench/replace-section.ts';
import { readFigures } from './record-figure.ts';
import { renderFigures } from './render-figures.ts';
import { runOnNode } from './run-on-node.ts';
import { figuresVariable } from './run-variables.ts';

/**
 * `npm run test:node`: the tests in a pod of a real node; arguments are vitest's, but for `--write-docs`, which puts what was
 * measured into docs/performance.md.
 */
const docsFile = path.join(import.meta.dirname, '../../../docs/performance.md');
const writeDocs = '--write-docs';

async function main(args: readonly string[]): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ucl-agent-figures-'));
  const figures = path.join(folder, 'figures.jsonl');
  try {
    await writeFile(figures, '');
    const forVitest = ['--config', 'vitest.node.config.ts', ...args.filter((arg) => arg !== writeDocs)];
    const run = await runOnNode(forVitest, { [figuresVariable]: figures }, report);
    if ('cannotRun' in run) return run.cannotRun;
    const table = renderFigures(readFigures(figures));
    report(table);
    if (args.includes(writeDocs) && run.code === 0) {
      await writeFile(docsFile, replaceSection(await readFile(docsFile, 'utf8'), 'node', table));
    }
    return run.code;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function report(line: string): void {
  console.error(line);
}

process.exitCode = await main(process.argv.slice(2));
