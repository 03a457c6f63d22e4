import { globSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pureFiles } from './pure-files.ts';
import { leastScore, renderScore, toScore } from './render-score.ts';
import { tryMutants } from './try-mutants.ts';

/**
 * `npm run test:mutation [-- BEGINNING...]`: all pure files, or those whose paths begin so. 0 when the tests notice as many of
 * the changes as they should, 1 when not, or when a test fails without one; 2 where no file is meant.
 */
async function main(beginnings: readonly string[]): Promise<number> {
  const project = path.join(import.meta.dirname, '../../..');
  const listed = globSync([...pureFiles], { cwd: project }).sort();
  const isMeant = (file: string) =>
    beginnings.length === 0 || beginnings.some((beginning) => file.startsWith(beginning));
  const files = listed.filter(isMeant);
  if (files.length === 0) {
    console.error(`No pure file begins with ${beginnings.join(' or ')}.`);
    return 2;
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'ucl-agent-mutation-'));
  try {
    const tried = await tryMutants(project, files, folder);
    console.log(renderScore(tried));
    return tried.failedTests.length === 0 && toScore([...tried.judged]) >= leastScore ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true });
  }
}

process.exitCode = await main(process.argv.slice(2));
