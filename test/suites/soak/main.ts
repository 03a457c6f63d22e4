import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { replaceSection } from '../../programs/bench/replace-section.ts';
import { runOnNode } from '../node/run-on-node.ts';
import { renderSoak, toPlots } from './render-soak.ts';
import { minutesVariable, readSoak, recordVariable } from './soak-record.ts';

/**
 * `npm run soak`: a compressed week in a pod of a real node. `--minutes` says how long, 30 by default; `--write-docs` puts
 * what was measured into docs/soak.md, with its plots.
 */
const docs = path.join(import.meta.dirname, '../../../docs');

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { minutes: { type: 'string', default: '30' }, 'write-docs': { type: 'boolean', default: false } },
  });
  if (!/^\d+(\.\d+)?$/.test(values.minutes)) {
    report('--minutes is a number, such as 30.');
    return 2;
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'ucl-agent-soak-'));
  const file = path.join(folder, 'soak.jsonl');
  try {
    await writeFile(file, '');
    const variables = { [recordVariable]: file, [minutesVariable]: values.minutes };
    const run = await runOnNode(['--config', 'vitest.soak.config.ts'], variables, report);
    if ('cannotRun' in run) return run.cannotRun;
    const record = readSoak(file);
    const table = renderSoak(record);
    report(table);
    if (values['write-docs']) {
      const page = path.join(docs, 'soak.md');
      await writeFile(page, replaceSection(await readFile(page, 'utf8'), 'soak', table));
      await mkdir(path.join(docs, 'soak'), { recursive: true });
      for (const [name, plot] of toPlots(record)) await writeFile(path.join(docs, 'soak', `${name}.svg`), plot);
    }
    return run.code;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function report(line: string): void {
  console.error(line);
}

process.exitCode = await main();
