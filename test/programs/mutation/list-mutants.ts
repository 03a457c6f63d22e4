import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Instrumenter } from '@stryker-mutator/instrumenter';
import type { ChangedFile } from './check-types.ts';

/** One change of one file, with the place and the text that it replaces. */
export interface Mutant extends ChangedFile {
  readonly line: number;
  readonly before: string;
  readonly after: string;
}

export interface MutantList {
  readonly mutants: readonly Mutant[];
  /** Each file with all its changes in it, by name: a global says which of them counts, none at first. */
  readonly switched: ReadonlyMap<string, string>;
}

const silent = () => undefined;
const never = () => false;
const log = {
  ...{ trace: silent, debug: silent, info: silent, warn: silent, error: silent, fatal: silent },
  ...{ isTraceEnabled: never, isDebugEnabled: never, isInfoEnabled: never },
  ...{ isWarnEnabled: never, isErrorEnabled: never, isFatalEnabled: never },
};

/** All that Stryker would change in these files. */
export async function listMutants(project: string, files: readonly string[]): Promise<MutantList> {
  const texts = new Map<string, string>();
  for (const file of files) texts.set(file, await readFile(path.join(project, file), 'utf8'));
  const given = [...texts].map(([name, content]) => ({ name, content, mutate: true }));
  const options = { plugins: null, excludedMutations: [], ignorers: [] };
  const { mutants, files: switched } = await new Instrumenter(log).instrument(given, options);
  return {
    mutants: mutants.map(({ id, fileName: file, location, replacement }) => {
      const text = texts.get(file) ?? '';
      const [start, end] = [toOffset(text, location.start), toOffset(text, location.end)];
      const changed = `${text.slice(0, start)}${replacement}${text.slice(end)}`;
      const before = text.slice(start, end);
      return { id, file, text: changed, line: location.start.line + 1, before, after: replacement };
    }),
    switched: new Map(switched.map(({ name, content }) => [name, content])),
  };
}

/** Lines and columns from 0, as Stryker counts them. */
function toOffset(text: string, { line, column }: { line: number; column: number }): number {
  const before = text.split('\n').slice(0, line);
  return before.reduce((sum, { length }) => sum + length + 1, 0) + column;
}
