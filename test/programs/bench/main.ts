import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { buildAgent } from '../agent/build-agent.ts';
import { judgeRequests } from './judge-requests.ts';
import { measureFloor } from './measure-floor.ts';
import { measureSize, type SizeFigures } from './measure-size.ts';
import { parseOptions } from './parse-options.ts';
import { renderFloor, renderTables } from './render-tables.ts';
import { replaceSection } from './replace-section.ts';

/**
 * `npm run bench`: 0 when every request of the syncs after the start was expected, 1 when not or when the agent did not get
 * there, 2 for unusable options. Times and memory are told and never judged: they are the machine's as well.
 */

const docsFile = path.join(import.meta.dirname, '../../../docs/performance.md');

async function main(args: readonly string[]): Promise<number> {
  const parsed = parseOptions(args);
  if ('exitCode' in parsed) return parsed.exitCode;
  const { options } = parsed;
  if (process.platform !== 'linux') {
    console.error('The benchmark needs Linux: CPU time and memory of the agent are read from /proc.');
    return 2;
  }
  const figures: SizeFigures[] = [];
  const program = options.program ?? (await buildAgent());
  const tell = (line: string) => console.error(line);
  const floor = options.withoutFloor ? [] : await measureFloor();
  for (const systems of options.sizes) figures.push(await measureSize(systems, options, program, tell));

  const command = ['npm run bench --', ...args.filter((arg) => arg !== '--write-docs')].join(' ').replace(/ --$/, '');
  const tables = [renderTables(figures, command), ...(options.withoutFloor ? [] : [renderFloor(floor)])].join('\n\n');
  console.log(options.output === 'json' ? JSON.stringify({ command, figures, floor }, undefined, 2) : tables);
  if (options.writeDocs) {
    await writeFile(docsFile, replaceSection(await readFile(docsFile, 'utf8'), options.cluster, tables));
  }
  const excesses = figures.flatMap(judgeRequests);
  for (const excess of excesses) console.error(excess);
  return excesses.length === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
