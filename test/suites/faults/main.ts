import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { trialsVariable } from './record-trial.ts';
import { tellTrials } from './tell-trials.ts';

/**
 * `npm run test:faults`: the scenarios that no other suite tries, and a table of what came of them. Arguments are vitest's,
 * but for `--write-docs`, which puts the table into docs/faults.md.
 */
const writeDocs = '--write-docs';

async function main(args: readonly string[]): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ucl-agent-trials-'));
  const file = path.join(folder, 'trials.jsonl');
  try {
    await writeFile(file, '');
    const code = await runVitest(
      args.filter((arg) => arg !== writeDocs),
      file,
    );
    await tellTrials(file, args.includes(writeDocs));
    return code;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function runVitest(args: readonly string[], file: string): Promise<number> {
  const command = ['run', '--configLoader', 'native', '--config', 'vitest.faults.config.ts', ...args];
  const child = spawn('vitest', command, { stdio: 'inherit', env: { ...process.env, [trialsVariable]: file } });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

process.exitCode = await main(process.argv.slice(2));
