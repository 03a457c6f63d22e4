import { describe, expect, test } from 'vitest';
import { readPruneNote, toPruneNote } from '../../../agent/sync/prune-note.ts';

const at = (ms: number) => new Date(Date.UTC(2026, 10, 22, 12) + ms);
const time = at(0).toISOString();
const stored = (id: string, until: Date | undefined) => ({ id, keys: [`${id}/mp-${id}`], since: at(0), until });
const hold = { ...stored('a', at(600_000)), endsAt: 600_000, confirmedAt: 300_000 };
const nothing = { earlier: [], removals: [] };

describe('the note of what the guard of removals knows', () => {
  test('is none where there is nothing to know', () => {
    expect(toPruneNote({ holds: [], ...nothing })).toBeUndefined();
  });

  test('has the holds of this life and of the former one, and the removals, without what only this life can use', () => {
    const removals = [{ at: at(5), instant: 5, count: 3 }];
    const note = toPruneNote({ holds: [hold], earlier: [stored('b', undefined)], removals });
    expect(JSON.parse(note ?? '')).toEqual({
      holds: [
        { id: 'a', since: time, until: at(600_000).toISOString(), keys: ['a/mp-a'] },
        { id: 'b', since: time, keys: ['b/mp-b'] },
      ],
      removals: [{ at: at(5).toISOString(), count: 3 }],
    });
    expect(readPruneNote(note)).toEqual({
      earlier: [stored('a', at(600_000)), stored('b', undefined)],
      removals: [{ at: at(5), instant: undefined, count: 3 }],
    });
  });

  test('does not speak of a note that is lost where there was none before', () => {
    expect(toPruneNote({ holds: [], earlier: [], removals: [], isNoteLost: true, isNew: true })).toBeUndefined();
  });

  test('tells what is only assumed, and that the note before is lost', () => {
    const removals = [{ at: at(5), instant: 5, count: 9, isAssumed: true }];
    const note = toPruneNote({ holds: [], earlier: [], removals, isNoteLost: true });
    const read = { earlier: [], removals: [{ ...removals[0], instant: undefined }], isNoteLost: true };
    expect(readPruneNote(note)).toEqual(read);
  });

  test.each([
    ['a hold alone', { holds: [hold], ...nothing }],
    ['a hold of the former life alone', { holds: [], earlier: [stored('b', undefined)], removals: [] }],
    ['a removal alone', { holds: [], earlier: [], removals: [{ at: at(0), instant: 0, count: 1 }] }],
  ])('is written for %s', (_, memory) => {
    expect(toPruneNote(memory)).toBeDefined();
  });

  test('keeps its holds up to 100,000 characters, and none of them beyond', () => {
    const noteOf = (length: number) => {
      const note = toPruneNote({ holds: [{ ...hold, keys: ['x'.repeat(length)] }], ...nothing });
      return { length: note?.length ?? 0, holds: readPruneNote(note).earlier.length };
    };
    const others = noteOf(1).length - 1;
    expect(noteOf(100_000 - others)).toEqual({ length: 100_000, holds: 1 });
    expect(noteOf(100_001 - others).holds).toBe(0);
  });

  test.each([
    ['a hold without a name', { holds: [{ since: time, keys: ['1/a'] }], removals: [] }],
    ['a hold without a begin', { holds: [{ id: 'a', keys: ['1/a'] }], removals: [] }],
    ['a begin that is no time', { holds: [{ id: 'a', since: 'soon', keys: ['1/a'] }], removals: [] }],
    ['an end that is no time', { holds: [{ id: 'a', since: time, until: 'soon', keys: ['1/a'] }], removals: [] }],
    ['an Application without a name', { holds: [{ id: 'a', since: time, keys: [''] }], removals: [] }],
    ['a removal without a time', { holds: [], removals: [{ count: 1 }] }],
    ['a removal without a number', { holds: [], removals: [{ at: time }] }],
    ['no removals', { holds: [] }],
    ['no holds', { removals: [] }],
  ])('tells nothing where it has %s', (_, note) => {
    expect(readPruneNote(JSON.stringify(note))).toEqual(nothing);
  });
});
