import { describe, expect, it } from 'vitest';
import {
  findDifference,
  isContained,
  listDifferences,
  toDigest,
  toPathText,
} from '../../../agent/sync/field-difference.ts';

describe('a difference', () => {
  it.each([
    [{ a: [{ b: 1 }, { b: 2 }] }, { a: [{ b: 1 }, { b: 3 }] }, 'a[1].b'],
    [{ a: [1] }, { a: [1, 2] }, 'a'],
    [{ a: 1 }, { a: 1, b: {} }, 'b'],
    [{ labels: { 'x.y/z': '1' } }, { labels: {} }, 'labels["x.y/z"]'],
    [{ a: null }, { a: {} }, 'a'],
  ])('between %o and %o is named as far down as one place can be', (wanted, present, place) => {
    expect(toPathText(findDifference(wanted, present) ?? [])).toBe(place);
  });

  it('is listed once for each place', () => {
    const listed = listDifferences({ a: { b: 1, c: [1, 2] }, d: 4 }, { a: { b: 2, c: [3, 4] }, d: 4, e: 5 }, ['spec']);
    expect(listed.map(toPathText)).toEqual(['spec.a.b', 'spec.a.c[0]', 'spec.a.c[1]', 'spec.e']);
  });

  it('is none between what is absent and what is undefined', () => {
    expect(findDifference({ a: 1, b: undefined }, { a: 1 })).toBeUndefined();
  });
});

describe('what is contained', () => {
  it('may have more beside it, in whatever order', () => {
    expect(isContained({ a: [{ id: 1 }], b: 'x' }, { a: [{ id: 2 }, { id: 1, name: 'one' }], b: 'x', c: 1 })).toBe(
      true,
    );
    expect(isContained({ a: [{ id: 1 }] }, { a: [{ id: 2 }] })).toBe(false);
    expect(isContained({ a: 'x' }, { a: 'y' })).toBe(false);
    expect(isContained({ a: {} }, {})).toBe(false);
    expect(isContained({ a: [1] }, { a: 1 })).toBe(false);
  });
});

describe('a digest', () => {
  it('is that of the same value in another order, and of no other', () => {
    expect(toDigest({ a: [1, 2], b: { c: 1, d: 2 } })).toBe(toDigest({ b: { d: 2, c: 1, e: undefined }, a: [2, 1] }));
    expect(toDigest({ a: [1, 2] })).not.toBe(toDigest({ a: [1, 3] }));
  });
});
