import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toShownJson, toShownText } from '../../../agent/domain/to-shown-text.ts';

/** Every character that a terminal obeys, that has no shape, or that turns the text beside it. */
const hostile = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]|\u034f/u;
const anyText = fc.string({ unit: 'binary', maxLength: 200 });
/** Characters as UTF-16 has them, so that halves of one are among them. */
const anyUnits = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 200 })
  .map((units) => String.fromCharCode(...units));

describe('a text from outside', () => {
  test.each([
    ['\u001b[2J\u001b]0;owned\u0007', ' [2J ]0;owned '],
    ['\u009b31mred', ' 31mred'],
    ['a\r\nb\u2028c', 'a b c'],
    ['invoice\u202efdp.exe', 'invoice\ufffdfdp.exe'],
    ['pay\u200bpal \ufeff', 'pay\ufffdpal \ufffd'],
    ['half \ud83d', 'half \ufffd'],
    ['Größe 数 😀 é', 'Größe 数 😀 é'],
  ])('%j is shown as %j', (text, shown) => {
    expect(toShownText(text, 200)).toBe(shown);
  });

  test('is cut between two characters', () => {
    expect(toShownText('ab😀cdefgh', 6)).toBe('ab...');
    expect(toShownText('abcdef', 6)).toBe('abcdef');
  });

  test('shows nothing hostile, is never longer than allowed, and stays as it is when it is shown again', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, anyUnits), fc.integer({ min: 3, max: 250 }), (text, maxLength) => {
        const shown = toShownText(text, maxLength);
        expect(shown).not.toMatch(hostile);
        expect(shown.length).toBeLessThanOrEqual(maxLength);
        expect(toShownText(shown, maxLength)).toBe(shown);
      }),
    );
  });
});

test('JSON for people writes separators of lines as escapes', () => {
  expect(toShownJson({ text: 'a\u2028b\u0085\u202ec' })).toBe('{"text":"a\\u2028b\\u0085\\u202ec"}');
});

test('JSON for people shows nothing hostile and holds the same value', () => {
  fc.assert(
    fc.property(fc.dictionary(anyText, fc.oneof(anyText, anyUnits)), (value) => {
      const json = toShownJson(value, 2);
      expect(json.replaceAll('\n', '')).not.toMatch(hostile);
      expect(JSON.parse(json)).toEqual(value);
    }),
  );
});
