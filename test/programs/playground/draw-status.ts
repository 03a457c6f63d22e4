import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildAgent } from '../agent/build-agent.ts';
import { renderTerminal } from './render-terminal.ts';
import { startPlayground } from './start-playground.ts';

/**
 * Makes the picture of the README from a real run (`npm run picture`): the playground with its sample systems, of which one
 * fails, and what `ucl-agent status` shows of it.
 */

const file = join(import.meta.dirname, '../../../docs/pictures/status.svg');
const columns = 112;

const playground = startPlayground();
await playground.seen('Ctrl-C ends the playground');
const kubeconfig = / --kubeconfig (\S+)/.exec(playground.printed())?.[1] ?? '';
try {
  const shown = await readStatus(await buildAgent());
  await writeFile(file, renderTerminal('ucl-agent status', ['$ ucl-agent status', ...shown]));
  process.stdout.write(`Written: ${file}\n`);
} finally {
  playground.interrupt();
  await playground.ended;
}

function readStatus(program: string): Promise<string[]> {
  const env = { PATH: process.env.PATH, FORCE_COLOR: '1' };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [program, '--kubeconfig', kubeconfig, 'status'], { env }, (error, stdout) => {
      if (stdout === '') reject(error ?? new Error('The status is empty.'));
      else resolve(stdout.trimEnd().split('\n').map(toColumns));
    });
  });
}

/** As a terminal of that width that does not wrap; codes take no room. */
function toColumns(line: string): string {
  let left = columns;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the codes begin with one.
  const parts = line.split(/(\u001b\[[0-9;]*m)/).map((part) => {
    if (part.startsWith('\u001b')) return part;
    const kept = part.slice(0, Math.max(left, 0));
    left -= part.length;
    return kept;
  });
  return left < 0 ? `${parts.join('')}...` : parts.join('');
}
