import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { replaceSection } from '../../programs/bench/replace-section.ts';
import { MissingBinariesError } from '../../servers/cluster/build-go-programs.ts';
import { buildDeliveryPrograms } from '../../servers/delivery/delivery-programs.ts';
import { type BuiltImage, buildImage, MissingToolsError } from '../../servers/image/build-image.ts';
import { inspectMachine, listMissingParts } from '../../servers/node/missing-parts.ts';
import { buildNodePrograms } from '../../servers/node/node-programs.ts';
import { runInNamespaces } from '../../servers/node/run-in-namespaces.ts';
import { readFigures } from './record-figure.ts';
import { renderFigures } from './render-figures.ts';
import { figuresVariable, imageNameVariable, imageVariable } from './run-variables.ts';

/**
 * `npm run test:node`: the programs of a node and the agent's image are built where they are missing, then vitest runs
 * in namespaces of its own; arguments are vitest's, but for `--write-docs`, which puts what was measured into
 * docs/performance.md. Where a node cannot run, one line says what is missing, and the exit code is 0: 1 under
 * `CI=true`, where nothing may be left out.
 */
const docsFile = path.join(import.meta.dirname, '../../../docs/performance.md');
const writeDocs = '--write-docs';

async function main(args: readonly string[]): Promise<number> {
  const prepared = await prepare();
  if ('missing' in prepared) {
    report(`The tests on a real node did not run. ${prepared.missing}`);
    return process.env.CI === 'true' ? 1 : 0;
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'ucl-agent-figures-'));
  try {
    return await runTests(args, prepared, folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Builds what is not there yet. Gives the agent's image, or one sentence on what this machine lacks. */
async function prepare(): Promise<BuiltImage | { missing: string }> {
  const missing = await listMissingParts(await inspectMachine());
  if (missing.length > 0) return { missing: `A node needs ${missing.join(', ')}.` };
  try {
    await buildNodePrograms(process.env, report);
    await buildDeliveryPrograms(process.env, report);
    return await buildImage(report);
  } catch (error: unknown) {
    if (error instanceof MissingBinariesError || error instanceof MissingToolsError) return { missing: error.message };
    throw error;
  }
}

async function runTests(args: readonly string[], { archive, name }: BuiltImage, folder: string): Promise<number> {
  const figures = path.join(folder, 'figures.jsonl');
  await writeFile(figures, '');
  const forVitest = args.filter((arg) => arg !== writeDocs);
  const vitest = ['vitest', 'run', '--config', 'vitest.node.config.ts', ...forVitest];
  const env = { ...process.env, [imageVariable]: archive, [imageNameVariable]: name, [figuresVariable]: figures };
  const code = await runInNamespaces(vitest, env, report);
  const table = renderFigures(readFigures(figures));
  report(table);
  if (args.includes(writeDocs) && code === 0) {
    await writeFile(docsFile, replaceSection(await readFile(docsFile, 'utf8'), 'node', table));
  }
  return code;
}

function report(line: string): void {
  console.error(line);
}

process.exitCode = await main(process.argv.slice(2));
