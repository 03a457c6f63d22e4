import { annotations } from './annotations.ts';
import type { CompassConnection } from './connection.ts';

/** Ids of the held removals that people approved on the CompassConnection, also of those that are over. */
export function readApprovedIds({ metadata }: Pick<CompassConnection, 'metadata'>): string[] {
  return (metadata.annotations?.[annotations.pruneApproved] ?? '').split(',').flatMap((id) => id.trim() || []);
}
