import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mutations } from '../../simulation/mutations.ts';
import { readTables } from './read-tables.ts';

const root = join(import.meta.dirname, '../../..');
const tables = readTables(readFileSync(join(root, 'docs/design/simulation.md'), 'utf8'));

function rowsOf(firstColumn: string): string[][] {
  return tables.find(({ header }) => header[0] === firstColumn)?.rows ?? [];
}

/** The names of the rules that the sources of the simulation can find broken. */
function readInvariants(): string[] {
  const folder = join(root, 'test/simulation');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const sources = files.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n');
  return [...new Set([...sources.matchAll(/violate\(\s*'([\w-]+)'/g)].map(([, name = '']) => name))].sort();
}

describe('docs/design/simulation.md', () => {
  it('lists each mutation with its file, its seed and what it breaks', () => {
    const listed = mutations.map(({ name, file, agents, seed, invariant }) => [
      name,
      `\`${file}\``,
      `${seed}${agents === undefined ? '' : ` of ${agents} agents`}`,
      `\`${invariant}\``,
    ]);
    expect(rowsOf('Mutation')).toEqual(listed);
  });

  it('explains each invariant, and no other', () => {
    const told = rowsOf('Invariant').flatMap(([names = '']) =>
      [...names.matchAll(/`([\w-]+)`/g)].map(([, name]) => name),
    );
    expect(told.sort()).toEqual(readInvariants());
  });
});

describe('the mutations', () => {
  it('show of each invariant that something breaks it', () => {
    const shown = new Set(mutations.map(({ invariant }) => invariant));
    expect(readInvariants().filter((name) => !shown.has(name))).toEqual([]);
  });

  it('are each found by one of the first 10,000 seeds', () => {
    expect(mutations.filter(({ seed }) => seed < 1 || seed > 10_000).map(({ name }) => name)).toEqual([]);
  });

  it('each change a text that stands once in its file, so that the replay does not stop at it', () => {
    const count = ({ file, find }: (typeof mutations)[number]) =>
      readFileSync(join(root, 'agent', file), 'utf8').split(find).length - 1;
    expect(mutations.filter((mutation) => count(mutation) !== 1).map(({ name }) => name)).toEqual([]);
  });
});
