import { findBreaches } from './find-breaches.ts';
import type { SourceModule } from './read-module.ts';
import type { Architecture, Room } from './rooms.ts';

/** The table less one entry, and what that entry is called in a message. */
type Lessened<Table> = [name: string, table: Table];

/** Every entry of the table that could go without a breach, such as `sync: node node:fs`. */
export function findUnusedAllowances(modules: ReadonlyMap<string, SourceModule>, architecture: Architecture): string[] {
  const breaches = findBreaches(modules, architecture).length;
  return lessenArchitecture(architecture)
    .filter(([, lessened]) => findBreaches(modules, lessened).length === breaches)
    .map(([name]) => name);
}

function lessenArchitecture(architecture: Architecture): Lessened<Architecture>[] {
  const lists = (['everybodysPorts', 'edges', 'environmentReaders'] as const).flatMap((list) =>
    lessenList(architecture[list]).map(
      ([entry, rest]): Lessened<Architecture> => [`${list}: ${entry}`, { ...architecture, [list]: rest }],
    ),
  );
  const rooms = Object.entries(architecture.rooms).flatMap(([name, room]) =>
    lessenRoom(room).map(
      ([entry, less]): Lessened<Architecture> => [
        `${name}: ${entry}`,
        { ...architecture, rooms: { ...architecture.rooms, [name]: less } },
      ],
    ),
  );
  return [...lists, ...rooms];
}

function lessenRoom(room: Room): Lessened<Room>[] {
  const lists = (['rooms', 'types', 'packages', 'node', 'folders'] as const).flatMap((list): Lessened<Room>[] => {
    const entries = room[list] ?? [];
    if (entries === 'any') return [[`${list} any`, { ...room, [list]: [] }]];
    return lessenList(entries).map(([entry, rest]) => [`${list} ${entry}`, { ...room, [list]: rest }]);
  });
  const floors = Object.entries(room.floors ?? {}).flatMap(([floor, others]) =>
    lessenList(others).map(
      ([entry, rest]): Lessened<Room> => [
        `floor ${floor} ${entry}`,
        { ...room, floors: { ...room.floors, [floor]: rest } },
      ],
    ),
  );
  return [...lists, ...floors];
}

export function lessenList<Entry>(entries: readonly Entry[]): Lessened<Entry[]>[] {
  return entries.map((entry, index) => [String(entry), entries.toSpliced(index, 1)]);
}
