import { describe, expect, test } from 'vitest';
import { beginHold, nextLook, resumeHold, toActAt } from '../../../agent/sync/holds.ts';

const holdMs = 600_000;
const begin = Date.parse('2026-11-22T12:00:00Z');
/** The monotonic clock of this life began a thousand milliseconds before. */
const momentAt = (ms: number) => ({ now: new Date(begin + ms), instant: 1_000 + ms });
const at = (ms: number) => new Date(begin + ms);

const aHold = () => beginHold(['2/mp-b', '1/mp-a'], momentAt(0), holdMs);

describe('a hold', () => {
  test('lasts as long by both clocks', () => {
    expect(aHold()).toMatchObject({ since: at(0), until: at(holdMs), endsAt: 1_000 + holdMs, confirmedAt: undefined });
  });

  test('lasts until somebody approves it where no time is set', () => {
    expect(beginHold(['1/mp-a'], momentAt(0), undefined)).toMatchObject({ until: undefined, endsAt: undefined });
  });

  test('is named after its Applications, in whatever order, and its begin', () => {
    const hold = aHold();
    expect(hold.keys).toEqual(['1/mp-a', '2/mp-b']);
    expect(hold.id).toMatch(/^[0-9a-f]{12}$/);
    expect(beginHold(['1/mp-a', '2/mp-b'], momentAt(0), undefined).id).toBe(hold.id);
    expect(beginHold(['1/mp-a', '2/mp-b'], momentAt(1), holdMs).id).not.toBe(hold.id);
    expect(beginHold(['1/mp-a'], momentAt(0), holdMs).id).not.toBe(hold.id);
  });
});

describe('a hold of a former life', () => {
  const resume = (until: Date | undefined, atMs: number, forMs: number | undefined = holdMs) =>
    resumeHold({ id: 'a', keys: ['1/mp-a'], since: at(0), until }, momentAt(atMs), forMs);

  test.each([
    ['what remains of it', at(holdMs), 200_000, 400_000],
    ['no time more where it has passed', at(holdMs), 700_000, 0],
    ['a whole hold where a clock was wrong', at(100 * holdMs), 0, holdMs],
    ['a whole hold where it waited for a person so far', undefined, 200_000, holdMs],
  ])('lasts %s', (_, until, atMs, remainingMs) => {
    expect(resume(until, atMs)).toEqual({
      ...{ id: 'a', keys: ['1/mp-a'], since: at(0), confirmedAt: undefined },
      ...{ until: at(atMs + remainingMs), endsAt: 1_000 + atMs + remainingMs },
    });
  });

  test('begins anew, as another one, where it came from a backup', () => {
    const stored = { id: 'a', keys: ['1/mp-a'], since: at(0), until: at(holdMs), isFromBackup: true };
    expect(resumeHold(stored, momentAt(500_000), holdMs)).toEqual(beginHold(['1/mp-a'], momentAt(500_000), holdMs));
  });

  test('waits for a person where no time is set any more', () => {
    const resumed = resumeHold({ id: 'a', keys: [], since: at(0), until: at(holdMs) }, momentAt(0), undefined);
    expect(resumed).toMatchObject({ until: undefined, endsAt: undefined });
  });
});

describe('the next look of the agent at a hold', () => {
  test('is at half of it, then at its end, but a quarter of it after the first', () => {
    expect(nextLook(aHold(), holdMs)).toBe(1_000 + 300_000);
    expect(nextLook({ ...aHold(), confirmedAt: 1_000 + 300_000 }, holdMs)).toBe(1_000 + 600_000);
    expect(nextLook({ ...aHold(), confirmedAt: 1_000 + 500_000 }, holdMs)).toBe(1_000 + 650_000);
  });

  test('is none where it waits for a person', () => {
    expect(nextLook(beginHold(['1/mp-a'], momentAt(0), undefined), undefined)).toBeUndefined();
    expect(nextLook(aHold(), undefined)).toBeUndefined();
  });
});

describe('the moment at which a hold can be over', () => {
  const actAt = (confirmedAt: number | undefined, atMs: number) =>
    toActAt({ ...aHold(), confirmedAt }, momentAt(atMs), holdMs);

  test('is its end while a read at half of it can come', () => {
    expect(actAt(undefined, 0)).toEqual(at(600_000));
    expect(actAt(undefined, 450_000)).toEqual(at(600_000));
    expect(actAt(1_000 + 300_000, 400_000)).toEqual(at(600_000));
  });

  test('is a quarter of it after the read that confirms it first, where that comes late', () => {
    expect(actAt(undefined, 500_000)).toEqual(at(650_000));
    expect(actAt(1_000 + 500_000, 550_000)).toEqual(at(650_000));
  });

  test('is now where it has passed', () => {
    expect(actAt(1_000 + 300_000, 900_000)).toEqual(at(900_000));
  });

  test('is unknown where it waits for a person', () => {
    expect(toActAt(aHold(), momentAt(0), undefined)).toBeUndefined();
    expect(toActAt(beginHold([], momentAt(0), undefined), momentAt(0), holdMs)).toBeUndefined();
  });
});
