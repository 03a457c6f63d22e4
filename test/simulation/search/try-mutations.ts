import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Mutation } from '../mutations/mutation.ts';
import { mutations } from '../mutations.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

export interface MutationSearch {
  readonly from: number;
  readonly seeds: number;
  readonly workers: number;
}

interface Found {
  readonly seed: number;
  readonly invariant: string;
}

/** Looks for each mutation, or for those named; prints the rows of the table. Gives whether each was found. */
export async function searchMutations(search: MutationSearch, names: readonly string[]): Promise<boolean> {
  const chosen = mutations.filter(({ name }) => names.length === 0 || names.includes(name));
  let isComplete = true;
  for (const mutation of chosen) {
    const found = await tryMutation(mutation, search);
    isComplete &&= found !== undefined;
    const what = found === undefined ? 'not found' : `seed ${found.seed}, ${found.invariant}`;
    process.stdout.write(`${mutation.name}: ${what}\n`);
  }
  return isComplete;
}

/** Tries each mutation with its recorded seed. */
export async function replayMutations(workers: number): Promise<boolean> {
  const waiting = [...mutations];
  let isComplete = true;
  const work = async () => {
    for (let mutation = waiting.shift(); mutation !== undefined; mutation = waiting.shift()) {
      const found = await tryMutation(mutation, { from: mutation.seed, seeds: 1, workers: 1 });
      if (found?.invariant === mutation.invariant) continue;
      isComplete = false;
      const what = found === undefined ? 'is not found' : `breaks ${found.invariant}`;
      process.stdout.write(`${mutation.name}: seed ${mutation.seed} ${what}, not ${mutation.invariant}\n`);
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  if (isComplete) process.stdout.write(`${mutations.length} mutations, each found with its seed\n`);
  return isComplete;
}

/** The first violation of a copy of the code in which the mutation is made. */
async function tryMutation(mutation: Mutation, { from, seeds, workers }: MutationSearch): Promise<Found | undefined> {
  const copy = mkdtempSync(join(tmpdir(), 'simulation-'));
  try {
    for (const part of ['agent', 'graphql', 'test/simulation', 'package.json']) {
      cpSync(join(root, part), join(copy, part), { recursive: true });
    }
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    mutate(copy, mutation);
    const args = [
      '--from',
      String(from),
      '--seeds',
      String(seeds),
      '--workers',
      String(workers),
      '--max-findings',
      '1',
      '--agents',
      String(mutation.agents ?? 1),
    ];
    const output = await run(join(copy, 'test/simulation/main.ts'), args);
    const found = /^([\w-]+): .*(?:\n .*)*?--seed (\d+)\//m.exec(output);
    return found === null ? undefined : { seed: Number(found[2]), invariant: found[1] ?? '' };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function mutate(copy: string, { name, file, find, replace }: Mutation): void {
  const path = join(copy, 'agent', file);
  const text = readFileSync(path, 'utf8');
  if (text.split(find).length !== 2) throw new Error(`${name}: ${file} does not hold its text exactly once.`);
  writeFileSync(
    path,
    text.replace(find, () => replace),
  );
}

function run(program: string, args: readonly string[]): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  child.on('error', reject);
  child.on('close', () => resolve(output));
  return promise;
}
