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
}

const ports = ['sync', 'credentials', 'loop'];

/** The architecture as a table. Everybody may import the type of the logger. */
export const rooms: Readonly<Record<string, Room>> = {
  errors: {},
  domain: { node: ['node:crypto'] },
  log: { packages: ['winston'] },
  config: { rooms: ['errors', 'domain'], packages: ['node-cron'] },
  sync: { rooms: ['domain', 'errors'], packages: ['p-limit'], node: ['node:crypto', 'node:util'] },
  credentials: {
    rooms: ['domain', 'errors'],
    packages: ['@peculiar/x509', 'reflect-metadata'],
    node: ['node:crypto', 'node:util'],
  },
  compass: {
    rooms: ['domain', 'errors'],
    types: [...ports, 'config'],
    packages: ['axios', 'graphql', 'graphql-request', 'zod'],
    node: 'any',
    folders: ['graphql'],
  },
  kube: {
    rooms: ['domain', 'errors'],
    types: [...ports, 'config'],
    packages: ['@kubernetes/client-node', 'undici', 'zod', 'p-limit'],
    node: 'any',
  },
  loop: {
    rooms: ['sync', 'credentials', 'domain', 'errors'],
    types: ['config'],
    packages: ['node-cron'],
    node: ['node:crypto'],
  },
  health: { types: ['loop'], node: ['node:http'] },
  cli: { rooms: ['domain', 'errors'], types: ports, packages: ['commander'], node: [] },
};

/** Files at the top of `agent/`: they wire everything, and nobody imports them but each other. */
export const edges = ['main.ts', 'compose.ts'];

/** client-node itself takes KUBECONFIG, HOME and the service account's variables from the process. */
const environmentReaders = ['main.ts', 'kube/kube-config.ts'];

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

  if (specifier.startsWith('.'))
    return judgeRelative(name, room, posix.join('agent', posix.dirname(path), specifier), typeOnly) ? [] : breach;
  if (specifier.startsWith('node:')) return room.node === 'any' || room.node?.includes(specifier) ? [] : breach;
  const packageName = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  return room.packages?.includes(packageName) ? [] : breach;
}

function judgeRelative(name: string, room: Room, target: string, typeOnly: boolean): boolean {
  const [top = '', other = '', ...rest] = target.split('/');
  if (top !== 'agent') return room.folders?.includes(top) ?? false;
  if (rest.length === 0) return false;
  if (other === name || room.rooms?.includes(other)) return true;
  return typeOnly && (target === 'agent/log/logger.ts' || (room.types?.includes(other) ?? false));
}
