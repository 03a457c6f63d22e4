import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { rooms } from '../structure/rooms.ts';
import { readTables } from './read-tables.ts';

const root = join(import.meta.dirname, '../../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const { dependencies } = z
  .object({ dependencies: z.record(z.string(), z.string()) })
  .parse(JSON.parse(read('package.json')));
const lock = z
  .object({
    packages: z.record(
      z.string(),
      z.looseObject({ dev: z.boolean().optional(), hasInstallScript: z.boolean().optional() }),
    ),
  })
  .parse(JSON.parse(read('package-lock.json')));

describe('docs/dependencies.md', () => {
  const [table] = readTables(read('docs/dependencies.md'));
  const rows = (table?.rows ?? []).map(([name = '', ...cells]) => ({ name: name.replaceAll('`', ''), cells }));

  test('tells of each dependency of the delivered program, and of no other', () => {
    expect(rows.map(({ name }) => name)).toEqual(Object.keys(dependencies).sort());
  });

  test('says whose each is, what it is for, and what it would take to leave it', () => {
    const incomplete = rows.filter(({ cells }) => [cells[0], cells[1], cells[3]].some((text = '') => text.length < 5));
    expect(incomplete).toEqual([]);
  });

  test('names the rooms that may import it', () => {
    const named = rows.map(({ name, cells }) => ({
      name,
      rooms: [...(cells[2] ?? '').matchAll(/`([^`]+)`/g)].map(([, room = '']) => room).sort(),
    }));
    const allowed = rows.map(({ name }) => ({
      name,
      rooms: Object.entries(rooms)
        .flatMap(([room, { packages = [] }]) => (packages.includes(name) ? [room] : []))
        .sort(),
    }));
    expect(named).toEqual(allowed);
  });
});

describe('the lock file', () => {
  test('has no install script in a package of the delivered program', () => {
    const delivered = Object.entries(lock.packages).filter(([, found]) => found.dev !== true);
    expect(delivered.length).toBeGreaterThan(Object.keys(dependencies).length);
    expect(delivered.flatMap(([place, found]) => (found.hasInstallScript === true ? [place] : []))).toEqual([]);
  });
});
