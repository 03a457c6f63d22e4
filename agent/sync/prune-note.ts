import * as z from 'zod/mini';
import { toShownJson } from '../domain/to-shown-text.ts';
import type { PruneMemory, Removal } from './deletion-policy.ts';
import type { StoredHold } from './holds.ts';

/**
 * What the guard of removals must know in its next life, as a text. It stands in an annotation, which the CRD of the Go
 * agent keeps too: it prunes the status.
 */

/** Annotations of an object may take 256 KiB together, and others have theirs. */
const maxNoteLength = 100_000;

const time = z.string().check(z.refine((text) => Number.isFinite(Date.parse(text))));
const noteSchema = z.object({
  holds: z.array(
    z.object({ id: z.string(), since: time, until: z.optional(time), keys: z.array(z.string().check(z.minLength(1))) }),
  ),
  removals: z.array(z.object({ at: time, count: z.number(), isAssumed: z.optional(z.boolean()) })),
  isLost: z.optional(z.boolean()),
});

/** undefined: there is nothing to know. A list that does not fit is left out, and its hold begins again after a restart. */
export function toPruneNote({ holds, earlier, removals, isNoteLost, isNew }: PruneMemory): string | undefined {
  // Who was never paired before has removed nothing.
  const isLost = isNoteLost === true && isNew !== true;
  if (!isLost && [holds, earlier, removals].every((list) => list.length === 0)) return undefined;
  const toText = (list: readonly StoredHold[]) =>
    toShownJson({
      holds: list.map(({ id, since, until, keys }) => ({ id, since, until, keys })),
      removals: removals.map(({ at, count, isAssumed }) => ({ at, count, isAssumed })),
      ...(isLost && { isLost }),
    });
  const text = toText([...holds, ...earlier]);
  return text.length > maxNoteLength ? toText([]) : text;
}

/** What a note tells; a broken one tells nothing: the holds begin anew. */
export function readPruneNote(note: string | undefined): Omit<PruneMemory, 'holds'> {
  const parsed = noteSchema.safeParse(toJson(note));
  if (!parsed.success) return { earlier: [], removals: [] };
  const { holds, removals, isLost } = parsed.data;
  return {
    earlier: holds.map(({ until, ...hold }) => ({
      ...hold,
      since: new Date(hold.since),
      until: until === undefined ? undefined : new Date(until),
    })),
    removals: removals.map(
      ({ at, count, isAssumed }): Removal => ({
        at: new Date(at),
        instant: undefined,
        count,
        ...(isAssumed === true && { isAssumed }),
      }),
    ),
    ...(isLost === true && { isNoteLost: true }),
  };
}

function toJson(note: string | undefined): unknown {
  try {
    return note === undefined ? undefined : JSON.parse(note);
  } catch {
    return undefined;
  }
}
