import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toReadLimits } from '../../../agent/compass/read-limits.ts';
import { weighAnswer } from '../../../agent/compass/weigh-answer.ts';

const weigh = (text: string) => weighAnswer(Buffer.from(text));

describe('the weight of an answer', () => {
  test.each([
    ['', 0],
    ['{}', 2 * 2 + 64],
    ['[{},{}]', 7 * 2 + 3 * 64 + 32],
    ['{"a":1}', 7 * 2 + 64 + 32],
    ['"{[,:"', 6 * 2],
    ['"\\"{":{}', 8 * 2 + 64 + 32],
    ['"\\\\":{', 6 * 2 + 64 + 32],
    ['"{', 2 * 2],
  ])('of %s is %i bytes', (text, weight) => {
    expect(weigh(text)).toBe(weight);
  });

  test('counts every object, list and value of whatever JSON there is', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const { containers, values } = count(JSON.parse(text));
        expect(weigh(text)).toBeGreaterThanOrEqual(Buffer.byteLength(text) * 2 + containers * 64 + values * 32);
      }),
    );
  });
});

/** Values that others follow, and fields. */
function count(value: unknown): { containers: number; values: number } {
  if (typeof value !== 'object' || value === null) return { containers: 0, values: 0 };
  const fields = Object.values(value).map(count);
  const own = Array.isArray(value) ? Math.max(fields.length - 1, 0) : fields.length;
  return {
    containers: fields.reduce((sum, { containers }) => sum + containers, 1),
    values: fields.reduce((sum, { values }) => sum + values, own),
  };
}

test.each([
  [384, 46.5, 74.4],
  [64, 6.5, 10.4],
  [1, 1, 1.6],
])('with a heap of %d MiB an answer may weigh %d MiB, and a read %d', (heapMiB, answerMiB, readMiB) => {
  const limits = toReadLimits(heapMiB * 2 ** 20);
  expect(limits.maxAnswerWeight / 2 ** 20).toBeCloseTo(answerMiB, 3);
  expect(limits.maxReadWeight / 2 ** 20).toBeCloseTo(readMiB, 3);
});
