/** What a room of `agent/` may import besides its own files. */
export interface Room {
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

/** The architecture as a table. What no import needs is taken out again: a test finds that too. */
export const rooms: Readonly<Record<string, Room>> = {
  errors: { rooms: ['domain'] },
  time: {},
  domain: { packages: ['zod'], node: ['node:crypto', 'node:net'] },
  log: { rooms: ['domain'], packages: ['winston'], node: ['node:stream'] },
  config: { rooms: ['domain'], packages: ['croner', 'node-cron'], node: ['node:net'] },
  connection: {
    rooms: ['domain', 'errors'],
    types: ['config'],
    packages: ['@peculiar/x509', 'reflect-metadata'],
    node: ['node:crypto', 'node:util'],
  },
  sync: { rooms: ['domain', 'errors'], packages: ['p-limit', 'zod'], node: ['node:crypto', 'node:util'] },
  status: { rooms: ['domain', 'errors'], types: ['connection', 'sync'] },
  pace: { rooms: ['domain', 'time'], types: ['errors'], packages: ['croner', 'node-cron'] },
  leadership: { rooms: ['errors', 'time'], types: ['domain'] },
  reconcile: { rooms: ['domain', 'connection', 'sync', 'status', 'errors', 'time'], types: ['pace'] },
  compass: {
    rooms: ['domain', 'errors'],
    types: ['connection', 'leadership'],
    packages: ['axios', 'graphql-request', 'zod'],
    node: 'any',
    folders: ['graphql'],
  },
  kube: {
    rooms: ['domain', 'errors', 'time'],
    types: ['cli', 'config', 'connection', 'leadership', 'pace', 'reconcile', 'sync'],
    packages: ['@kubernetes/client-node', 'js-yaml', 'socks-proxy-agent', 'zod', 'p-limit'],
    node: 'any',
    floors: { api: [], watch: ['api'], stores: ['api', 'watch'] },
  },
  metrics: { types: ['compass', 'connection', 'kube', 'pace', 'reconcile', 'sync'], packages: ['prom-client'] },
  health: { node: ['node:http'] },
  cli: {
    rooms: ['domain', 'errors', 'sync'],
    types: ['reconcile'],
    packages: ['commander', 'js-yaml', 'zod'],
    node: ['node:dns/promises', 'node:tls'],
  },
};

/** Files at the top of `agent/`: they wire everything, and nobody imports them but each other. */
const edges = [
  ...['main.ts', 'compose.ts', 'assemble-agent.ts', 'create-doers.ts', 'create-leader.ts', 'open-agent-side.ts'],
  ...['open-compass.ts', 'read-heap-bytes.ts'],
];

/** client-node itself takes KUBECONFIG, HOME and the service account's variables from the process. */
const environmentReaders = ['main.ts', 'kube/api/load-kube-config.ts'];

export interface Architecture {
  rooms: Readonly<Record<string, Room>>;
  everybodysPorts: readonly string[];
  edges: readonly string[];
  environmentReaders: readonly string[];
}

export const architecture: Architecture = { rooms, everybodysPorts, edges, environmentReaders };
