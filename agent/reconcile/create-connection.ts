import { annotations } from '../domain/annotations.ts';
import type { CompassConnection, ConnectionSpec } from '../domain/connection.ts';
import { toPruneNote } from '../sync/prune-note.ts';
import type { Doers } from './doers.ts';
import type { AgentMemory } from './memory.ts';

/**
 * Makes the CompassConnection where there is none. Whoever deleted it deleted what the guard of removals has noted in it
 * for the next life: that is in the new one from its first moment, since this life may end right after. Throws AgentError.
 */
export function createConnection(
  { sync }: Pick<AgentMemory, 'sync'>,
  spec: ConnectionSpec,
  { resource }: Pick<Doers, 'resource'>,
  signal: AbortSignal,
): Promise<CompassConnection> {
  const note = toPruneNote(sync.prune);
  return resource.create(spec, signal, note === undefined ? {} : { [annotations.pruneMemory]: note });
}
