import { annotations } from '../domain/annotations.ts';
import { toPruneNote } from '../sync/prune-note.ts';
import type { AgentMemory } from './memory.ts';
import type { RunFacts } from './run-facts.ts';

/**
 * Whether what the guard of removals must know in its next life stands in the CompassConnection. One that came from a
 * backup, or that somebody edited, lacks it, and this life may end before the next sync. Pure.
 */
export function isNoteKept({ isRecalled, sync }: AgentMemory, { resource }: RunFacts): boolean {
  if (!isRecalled || resource === undefined) return true;
  return resource.metadata.annotations?.[annotations.pruneMemory] === toPruneNote(sync.prune);
}
