import { annotations } from '../domain/annotations.ts';
import type { CompassConnection } from '../domain/connection.ts';
import { nameOfKey } from '../sync/deletion-policy.ts';
import { readPruneNote } from '../sync/prune-note.ts';

/** A removal that waits for certainty or for a person. */
export interface HeldRemoval {
  readonly id: string;
  readonly count: number;
  /** Of Applications; empty where the list was too long to be stored. */
  readonly names: readonly string[];
  /** RFC 3339. */
  readonly since: string | undefined;
  /** When it goes by itself, RFC 3339; undefined: only when a person approves it. */
  readonly until: string | undefined;
}

/**
 * What is held, the earliest first. The status names the earliest alone, and nothing on the module's CRD; the agent's own
 * note has all, and may still have one that is over where the status knows of none.
 */
export function listHolds({ status, metadata }: CompassConnection): HeldRemoval[] {
  const { prune, conditions = [] } = status ?? {};
  if (conditions.length > 0 && prune?.heldHash === undefined) return [];
  const { earlier } = readPruneNote(metadata.annotations?.[annotations.pruneMemory]);
  const known = earlier
    .toSorted((one, other) => one.since.getTime() - other.since.getTime())
    .map(
      ({ id, keys, since, until }): HeldRemoval => ({
        id,
        count: keys.length,
        names: keys.map(nameOfKey),
        since: since.toISOString(),
        until: until?.toISOString(),
      }),
    );
  if (prune?.heldHash === undefined || known.some(({ id }) => id === prune.heldHash)) return known;
  const { heldHash, heldCount, heldSince, heldUntil } = prune;
  return [
    { id: heldHash, count: heldCount ?? 0, names: [], since: heldSince, until: heldUntil ?? undefined },
    ...known,
  ];
}
