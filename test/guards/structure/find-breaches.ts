import { posix } from 'node:path';
import type { FoundImport, SourceModule } from './read-module.ts';
import type { Architecture, Room } from './rooms.ts';

/** Every breach of the table, one sentence each. `modules`: by their path within `agent/`, with `/`. */
export function findBreaches(modules: ReadonlyMap<string, SourceModule>, architecture: Architecture): string[] {
  return [...modules].flatMap(([path, { text, imports }]) => [
    ...imports.flatMap((found) => judgeImport(path, found, architecture)),
    ...(readsEnvironment(text) && !architecture.environmentReaders.includes(path)
      ? [`${path} reads process.env, which only main.ts may`]
      : []),
  ]);
}

function readsEnvironment(text: string): boolean {
  return /\bprocess\s*(\.|\?\.|\[\s*['"])\s*env\b|['"]node:process['"]/.test(text);
}

function judgeImport(path: string, found: FoundImport, architecture: Architecture): string[] {
  const { specifier, typeOnly } = found;
  const breach = [`${path} imports ${typeOnly ? 'types of ' : ''}${specifier}`];
  const [name = ''] = path.split('/');
  if (!path.includes('/')) return architecture.edges.includes(name) ? [] : [`${path} is in no room`];
  const room = architecture.rooms[name];
  if (room === undefined) return [`${path} is in a room that the table does not know`];

  if (room.floors !== undefined && findFloor(room.floors, path) === undefined)
    return [`${path} is on a floor that the table does not know`];
  if (specifier.startsWith('.')) {
    const target = posix.join('agent', posix.dirname(path), specifier);
    const isEverybodys = typeOnly && architecture.everybodysPorts.includes(target);
    return isEverybodys || judgeRelative(path, room, target, typeOnly) ? [] : breach;
  }
  if (specifier.startsWith('node:')) return room.node === 'any' || room.node?.includes(specifier) ? [] : breach;
  const packageName = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  return room.packages?.includes(packageName) ? [] : breach;
}

function judgeRelative(path: string, room: Room, target: string, typeOnly: boolean): boolean {
  const [name = ''] = path.split('/');
  const [top = '', other = '', ...rest] = target.split('/');
  if (top !== 'agent') return room.folders?.includes(top) ?? false;
  if (rest.length === 0) return false;
  if (other === name) return room.floors === undefined || judgeFloors(room.floors, path, target.slice('agent/'.length));
  if (room.rooms?.includes(other)) return true;
  return typeOnly && (room.types?.includes(other) ?? false);
}

type Floors = NonNullable<Room['floors']>;

function judgeFloors(floors: Floors, path: string, target: string): boolean {
  const own = findFloor(floors, path);
  const other = findFloor(floors, target);
  return (
    own === 'top' ||
    (own !== undefined && other !== undefined && (other === own || floors[own]?.includes(other) === true))
  );
}

/** The floor of a file, or `top` for one that is on none; undefined for a folder that is no floor. */
function findFloor(floors: Floors, path: string): string | undefined {
  const [, folder = '', ...rest] = path.split('/');
  if (rest.length === 0) return 'top';
  return folder in floors ? folder : undefined;
}
