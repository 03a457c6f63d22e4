import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { cp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { checkTypes } from './check-types.ts';
import { listMutants, type Mutant } from './list-mutants.ts';
import { type Notes, note, readNotes, toFile } from './notes.ts';

export interface TriedMutants {
  /** Those that compile and that a test could notice, each with why it was noticed; undefined: by nobody. */
  readonly judged: ReadonlyMap<Mutant, string | undefined>;
  /** Tests that fail by themselves, or after the mutants: what they notice is worth nothing. */
  readonly failedTests: readonly string[];
}

type Reached = Notes['reached'];

/** Fast tests notice most; the slow ones are left with what is still unnoticed. */
const slowestMs = [2, 20, 200, Infinity];
/** A mutant may be come by so many times as often as the code that it changes, before it counts as a loop without end. */
const patience = 100;
/** For a loop that comes by no mutant: longer than any test takes. */
const hangMs = 90_000;

/**
 * Tries the changes of these files with the tests of `vitest.mutation.config.ts`. One process has a copy of the project with
 * all changes in it, each behind a switch, so that a try takes no longer than a test.
 */
export async function tryMutants(project: string, files: readonly string[], folder: string): Promise<TriedMutants> {
  const { mutants, switched } = await listMutants(project, files);
  const box = path.join(folder, 'project');
  await copyProject(project, box, folder);
  for (const [file, text] of switched) await writeFile(path.join(box, file), text);

  await runTests(box, folder);
  const tests = readNotes(folder, 'reached').filter(({ passed }) => passed);
  const reached = new Set(tests.flatMap(({ hits }) => Object.keys(hits)));
  const outside = new Set(readNotes(folder, 'outside').flatMap((file) => file.mutants));
  // What runs while a file is loaded would need a process for each change.
  const testable = mutants.filter(({ id }) => reached.has(id) || !outside.has(id));
  const refused = await checkTypes(project, testable);
  const judged = testable.filter(({ id }) => !refused.has(id));
  await runPasses(box, folder, tests, new Map(judged.map((mutant) => [mutant.id, mutant])));

  const noticed = new Map(readNotes(folder, 'noticed').map(({ mutant, why }) => [mutant, why]));
  const failed = [...readNotes(folder, 'reached').filter(({ passed }) => !passed), ...readNotes(folder, 'broken')];
  return {
    judged: new Map(judged.map((mutant) => [mutant, noticed.get(mutant.id)])),
    failedTests: failed.map(({ file, name }) => `${file}: ${name}`),
  };
}

async function copyProject(project: string, box: string, folder: string): Promise<void> {
  await mkdir(box, { recursive: true });
  const isOutside = (source: string) => !path.resolve(source).startsWith(path.resolve(folder));
  const left = new Set(['.git', 'node_modules', 'dist', 'coverage']);
  await cp(project, box, {
    recursive: true,
    filter: (source) => isOutside(source) && !left.has(path.relative(project, source)),
  });
  await symlink(path.join(project, 'node_modules'), path.join(box, 'node_modules'));
}

/** The tests of the same room come first: they know best, and are fast. */
async function runPasses(
  box: string,
  folder: string,
  tests: readonly Reached[],
  mutants: ReadonlyMap<string, Mutant>,
): Promise<void> {
  for (const isOwnRoom of [true, false]) {
    for (const maxMs of slowestMs) {
      const isMeant = (test: Reached, mutant: string) =>
        !isOwnRoom || toRoom(mutants.get(mutant)?.file ?? '') === toRoom(test.file.replace('test/rooms', 'agent'));
      await rm(toFile(folder, 'done'), { force: true });
      for (;;) {
        const plan = planPass(
          folder,
          tests.filter(({ ms }) => ms <= maxMs),
          (test, id) => mutants.has(id) && isMeant(test, id),
        );
        if (plan.length === 0) break;
        await rm(toFile(folder, 'plan'), { force: true });
        for (const { test, limits } of plan) note(folder, 'plan', { test: test.test, limits });
        if (await runTests(box, folder, [...new Set(plan.map(({ test }) => test.file))])) break;
      }
    }
  }
}

function planPass(folder: string, tests: readonly Reached[], isMeant: (test: Reached, mutant: string) => boolean) {
  const noticed = new Set(readNotes(folder, 'noticed').map(({ mutant }) => mutant));
  const done = new Set(readNotes(folder, 'done').map(({ test }) => test));
  return tests.flatMap((test) => {
    if (done.has(test.test)) return [];
    const hits = Object.entries(test.hits).filter(([mutant]) => !noticed.has(mutant) && isMeant(test, mutant));
    const limits = Object.fromEntries(hits.map(([mutant, count]) => [mutant, count * patience]));
    return hits.length === 0 ? [] : [{ test, limits }];
  });
}

/** False: a mutant made the process hang; it is noted, and the rest is still to be done. */
async function runTests(box: string, folder: string, files: readonly string[] = []): Promise<boolean> {
  await rm(toFile(folder, 'tried'), { force: true });
  const vitest = path.join(box, 'node_modules/.bin/vitest');
  const args = ['run', '--configLoader', 'native', '--config', 'vitest.mutation.config.ts', ...files];
  const env = { ...process.env, MUTATION_FOLDER: folder };
  const child = spawn(vitest, args, { cwd: box, env, detached: true, stdio: 'ignore' });
  let isHanging = false;
  const watch = setInterval(() => {
    const tried = toFile(folder, 'tried');
    if (!existsSync(tried) || Date.now() - statSync(tried).mtimeMs < hangMs || isHanging) return;
    isHanging = true;
    const mutant = readNotes(folder, 'tried').at(-1)?.mutant;
    if (mutant !== undefined) note(folder, 'noticed', { mutant, why: 'a loop without end' });
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  }, 1_000);
  await new Promise((resolve) => child.once('close', resolve));
  clearInterval(watch);
  return !isHanging;
}

export function toRoom(file: string): string {
  return path.dirname(file).split('/')[1] ?? '';
}
