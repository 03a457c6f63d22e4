import { posix } from 'node:path';
import { findImports } from './find-imports.ts';

/** What a room of `agent/` may import besides its own files. */
interface Room {
  /** Rooms. */
  rooms?: readonly string[];
  /** Rooms of which only types may be imported: the ports that they declare. */
  types?: readonly string[];
  /** npm packages. */
  packages?: readonly string[];
  /** Modules of Node; `'any'` for rooms that are all I/O. */
  node?: readonly string[] | 'any';
  /** Folders at the top level. */
  folders?: readonly string[];
  /**
   * Folders inside the room, each with those beside it that it may import. The files at the top of such a room wire
   * them: they import all, and none imports them.
   */
  floors?: Readonly<Record<string, readonly string[]>>;
}

/** Ports of the process itself, whose types everybody may import. */
const everybodysPorts = ['agent/log/logger.ts', 'agent/time/time.ts'];

/** The architecture as a table. */
export const rooms: Readonly<Record<string, Room>> = {
  errors: {},
  time: { node: ['node:perf_hooks', 'node:timers/promises'] },
  domain: { packages: ['zod'], node: ['node:crypto'] },
  log: { packages: ['winston'] },
  config: { rooms: ['errors', 'domain'], packages: ['node-cron'] },
  connection: {
    rooms: ['domain', 'errors'],
    types: ['config'],
    packages: ['@peculiar/x509', 'reflect-metadata'],
    node: ['node:crypto', 'node:util'],
  },
  sync: { rooms: ['domain', 'errors'], packages: ['p-limit'], node: ['node:crypto', 'node:util'] },
  status: { rooms: ['domain', 'errors'], types: ['connection', 'sync'] },
  pace: { types: ['errors'], packages: ['croner', 'node-cron'], node: ['node:crypto'] },
  reconcile: { rooms: ['connection', 'sync', 'status', 'errors'], types: ['domain', 'pace'] },
  compass: {
    rooms: ['domain', 'errors'],
    types: ['connection'],
    packages: ['axios', 'graphql', 'graphql-request', 'zod'],
    node: 'any',
    folders: ['graphql'],
  },
  kube: {
    rooms: ['domain', 'errors'],
    types: ['config', 'connection', 'pace', 'reconcile', 'sync'],
    packages: ['@kubernetes/client-node', 'zod', 'p-limit'],
    node: 'any',
    floors: { api: [], watch: ['api'], stores: ['api', 'watch'] },
  },
  health: { node: ['node:http'] },
  cli: { rooms: ['domain', 'errors'], types: ['reconcile'], packages: ['commander'], node: [] },
};

/** Files at the top of `agent/`: they wire everything, and nobody imports them but each other. */
export const edges = ['main.ts', 'compose.ts', 'create-doers.ts'];

/** client-node itself takes KUBECONFIG, HOME and the service account's variables from the process. */
const environmentReaders = ['main.ts', 'kube/api/kube-config.ts'];

/** Every breach of the table, one sentence each. `sources`: path within `agent/` with `/`, and text. */
export function findBreaches(sources: ReadonlyMap<string, string>): string[] {
  return [...sources].flatMap(([path, source]) => [
    ...findImports(source).flatMap(({ specifier, typeOnly }) => judgeImport(path, specifier, typeOnly)),
    ...(!environmentReaders.includes(path) &&
    /\bprocess\s*(\.|\?\.|\[\s*['"])\s*env\b|['"]node:process['"]/.test(source)
      ? [`${path} reads process.env, which only main.ts may`]
      : []),
  ]);
}

function judgeImport(path: string, specifier: string, typeOnly: boolean): string[] {
  const breach = [`${path} imports ${typeOnly ? 'types of ' : ''}${specifier}`];
  const [name = ''] = path.split('/');
  if (!path.includes('/')) return edges.includes(name) ? [] : [`${path} is in no room`];
  const room = rooms[name];
  if (room === undefined) return [`${path} is in a room that the table does not know`];

  if (room.floors !== undefined && findFloor(room.floors, path) === undefined)
    return [`${path} is on a floor that the table does not know`];
  if (specifier.startsWith('.'))
    return judgeRelative(path, room, posix.join('agent', posix.dirname(path), specifier), typeOnly) ? [] : breach;
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
  return typeOnly && (everybodysPorts.includes(target) || (room.types?.includes(other) ?? false));
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
