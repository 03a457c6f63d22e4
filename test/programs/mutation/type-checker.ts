import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Checker, type CheckResult, CheckStatus } from '@stryker-mutator/api/check';
import type { Mutant } from '@stryker-mutator/api/core';
import { declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import { checkTypes } from './check-types.ts';

/** Leaves out the mutants that do not compile: nobody could ever commit them, so no test has to find them. */
class TypeChecker implements Checker {
  async init(): Promise<void> {}

  async group(mutants: Mutant[]): Promise<string[][]> {
    return [mutants.map(({ id }) => id)];
  }

  async check(mutants: Mutant[]): Promise<Record<string, CheckResult>> {
    const project = process.cwd();
    const changes = await Promise.all(
      mutants.map(async ({ id, fileName, location, replacement }) => {
        const file = path.relative(project, fileName).replaceAll(path.sep, '/');
        const before = await readFile(path.join(project, file), 'utf8');
        const [start, end] = [location.start, location.end].map((place) => toOffset(before, place));
        return { id, file, text: `${before.slice(0, start)}${replacement}${before.slice(end)}` };
      }),
    );
    const refused = await checkTypes(project, changes);
    return Object.fromEntries(
      changes.map(({ id }): [string, CheckResult] => {
        const reason = refused.get(id);
        return [
          id,
          reason === undefined ? { status: CheckStatus.Passed } : { status: CheckStatus.CompileError, reason },
        ];
      }),
    );
  }
}

/** Lines and columns from 0, as Stryker counts them. */
function toOffset(text: string, { line, column }: { line: number; column: number }): number {
  const before = text.split('\n').slice(0, line);
  return before.reduce((sum, { length }) => sum + length + 1, 0) + column;
}

export const strykerPlugins = [declareClassPlugin(PluginKind.Checker, 'types', TypeChecker)];
