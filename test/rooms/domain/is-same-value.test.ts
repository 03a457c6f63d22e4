import { describe, expect, test } from 'vitest';
import { isSameValue } from '../../../agent/domain/is-same-value.ts';

describe('two JSON values', () => {
  test.each([
    [1, 1],
    ['a', 'a'],
    [null, undefined],
    [undefined, null],
    [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ],
    [{ a: 1, b: undefined }, { a: 1 }],
    [{ a: 1 }, { a: 1, b: null }],
    [{}, { a: null }],
    [
      [1, { a: [] }],
      [1, { a: [] }],
    ],
    [[], []],
    [[null], [undefined]],
  ])('%o and %o say the same', (left, right) => {
    expect(isSameValue(left, right)).toBe(true);
  });

  test.each([
    [1, 2],
    [1, '1'],
    [0, null],
    ['', undefined],
    [null, 0],
    [undefined, false],
    [{ a: 1 }, { a: 2 }],
    [{ a: 1 }, {}],
    [{}, { a: 0 }],
    [{ a: 1 }, { b: 1 }],
    [
      { a: 1, b: 2 },
      { a: 1, b: 3 },
    ],
    [
      [1, 2],
      [2, 1],
    ],
    [[1], [1, 2]],
    [[1, 2], [1]],
    [[], {}],
    [{}, []],
    [{}, 'a'],
    ['a', {}],
    [1, {}],
    [{}, 1],
    [{}, null],
    [null, {}],
    [[null], []],
    [{ a: { b: [1] } }, { a: { b: [2] } }],
  ])('%o and %o do not', (left, right) => {
    expect(isSameValue(left, right)).toBe(false);
  });
});
