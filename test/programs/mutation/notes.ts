import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** What the tests' process and ours tell each other, as lines of JSON: such a file outlives a process that hangs. */
export interface Notes {
  /** A test of the first run, with how often it comes by each mutant. */
  reached: { test: string; file: string; name: string; passed: boolean; ms: number; hits: Record<string, number> };
  /** Mutants that a test file comes by outside of its tests. */
  outside: { mutants: string[] };
  /** Which mutants are tried with which test, and how often each may be come by. */
  plan: { test: string; limits: Record<string, number> };
  tried: { test: string; mutant: string };
  noticed: { mutant: string; why: string };
  done: { test: string };
  /** A test that fails after its mutants also without one. */
  broken: { file: string; name: string };
}

export function note<Kind extends keyof Notes>(folder: string, kind: Kind, what: Notes[Kind]): void {
  appendFileSync(toFile(folder, kind), `${JSON.stringify(what)}\n`);
}

export function readNotes<Kind extends keyof Notes>(folder: string, kind: Kind): Notes[Kind][] {
  const file = toFile(folder, kind);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
}

export function toFile(folder: string, kind: keyof Notes): string {
  return path.join(folder, `${kind}.ndjson`);
}
