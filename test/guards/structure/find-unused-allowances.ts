import { findBreaches } from './find-breaches.ts';
import { findTestBreaches } from './find-test-breaches.ts';
import type { SourceModule } from './read-module.ts';
import type { Architecture, Room } from './rooms.ts';
import type { TestFolders } from './test-folders.ts';

type Modules = ReadonlyMap<string, SourceModule>;

/** The table less one entry, and what that entry is called in a message. */
type Lessened<Table> = [name: string, table: Table];

/** Every entry of the table that could go without a breach, such as `sync: node node:fs`. */
export function findUnusedAllowances(modules: Modules, architecture: Architecture): string[] {
  const lists = lessenLists(architecture, ['everybodysPorts', 'edges', 'environmentReaders']);
  const rooms = Object.entries(architecture.rooms).flatMap(([name, room]) =>
    lessenRoom(room).map(
      ([entry, less]): Lessened<Architecture> => [
        `${name}: ${entry}`,
        { ...architecture, rooms: { ...architecture.rooms, [name]: less } },
      ],
    ),
  );
  return findUnused(architecture, [...lists, ...rooms], (table) => findBreaches(modules, table));
}

/** The same for the table of `test/`, such as `servers: test servers`. */
export function findUnusedTestAllowances(modules: Modules, house: TestFolders): string[] {
  const lists = ['runs', 'types', 'test', 'files'] as const;
  const kinds = Object.entries(house.kinds).flatMap(([name, kind]) =>
    lessenLists(kind, lists).map(
      ([entry, less]): Lessened<TestFolders> => [
        `${name}: ${entry}`,
        { ...house, kinds: { ...house.kinds, [name]: less } },
      ],
    ),
  );
  const exceptions = house.exceptions.flatMap((exception, index) =>
    lessenLists(exception, lists).map(
      ([entry, less]): Lessened<TestFolders> => [
        `${exception.folder}: ${entry}`,
        { ...house, exceptions: house.exceptions.with(index, less) },
      ],
    ),
  );
  return findUnused(house, [...kinds, ...exceptions], (table) => findTestBreaches(modules, table));
}

function findUnused<Table>(whole: Table, lessened: Lessened<Table>[], breachesOf: (table: Table) => string[]) {
  const breaches = breachesOf(whole).length;
  return lessened.filter(([, table]) => breachesOf(table).length === breaches).map(([name]) => name);
}

function lessenRoom(room: Room): Lessened<Room>[] {
  const floors = Object.entries(room.floors ?? {}).flatMap(([floor, others]) =>
    lessenList(others).map(
      ([entry, rest]): Lessened<Room> => [
        `floor ${floor} ${entry}`,
        { ...room, floors: { ...room.floors, [floor]: rest } },
      ],
    ),
  );
  return [...lessenLists(room, ['rooms', 'types', 'packages', 'node', 'folders']), ...floors];
}

/** Once for each entry of these lists; `'any'` counts as one entry. */
function lessenLists<Name extends string, Table extends { readonly [name in Name]?: readonly string[] | 'any' }>(
  table: Table,
  lists: readonly Name[],
): Lessened<Table>[] {
  return lists.flatMap((list): Lessened<Table>[] => {
    const entries = table[list] ?? [];
    if (entries === 'any') return [[`${list} any`, { ...table, [list]: [] }]];
    return lessenList(entries).map(([entry, rest]) => [`${list} ${entry}`, { ...table, [list]: rest }]);
  });
}

function lessenList(entries: readonly string[]): Lessened<string[]>[] {
  return entries.map((entry, index) => [entry, entries.toSpliced(index, 1)]);
}
