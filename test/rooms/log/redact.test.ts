import { describe, expect, test } from 'vitest';
import { createRedactor } from '../../../agent/log/redact.ts';

/** Nothing about it looks like a secret, so that only what was registered hides it. */
const secret = 'blue "door" é+ 7';
const redactorOf = (text: string) => {
  const redactor = createRedactor();
  redactor.register(text);
  return redactor;
};

describe('A registered secret is hidden', () => {
  test.each([
    ['as it is', secret],
    ['in a path', encodeURIComponent(secret)],
    ['in a form', new URLSearchParams({ q: secret }).toString().slice(2)],
    ['in JSON', JSON.stringify(secret).slice(1, -1)],
    ['in base64', Buffer.from(secret).toString('base64')],
    ['in base64url', Buffer.from(secret).toString('base64url')],
  ])('%s', (_, form) => {
    expect(redactorOf(secret).redact(`seen ${form} here`)).toBe('seen [redacted] here');
  });

  test('alone, and what stands next to it stays', () => {
    expect(redactorOf('abcd').redact('xabcdabcdx')).toBe('x[redacted][redacted]x');
    expect(redactorOf('abc').redact('abc is too short to be looked for')).toBe('abc is too short to be looked for');
  });
});

describe('What is no plain data', () => {
  class Connection {
    readonly password = secret;
  }

  test.each<[string, unknown, unknown]>([
    ['an object of a class', new Connection(), '[Connection]'],
    ['a map', new Map([['a', secret]]), '[Map]'],
    ['bytes', Buffer.from('four'), '[4 bytes]'],
    ['a function', () => secret, '[function]'],
    ['a symbol', Symbol(secret), '[symbol]'],
    ['a large number', 12n, '12'],
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['no date', new Date(Number.NaN), null],
    ['nothing', null, null],
    ['an object without a prototype', Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
  ])('%s is told by what it is', (_, value, told) => {
    expect(createRedactor().redact({ value })).toEqual({ value: told });
  });
});

describe('What is too much is cut', () => {
  test('and a secret beyond the cut is not shown either', () => {
    const long = `${'a '.repeat(32_768)}${secret}`;
    const shown = JSON.stringify(redactorOf('none such').redact({ long, [`${'n '.repeat(128)}${secret}`]: 1 }));
    expect(shown).not.toContain('door');
  });

  test('whether it is deep, wide or many', () => {
    const deep = Array.from({ length: 9 }).reduce<unknown>((inner) => [inner], 'x');
    expect(JSON.stringify(createRedactor().redact(deep))).toBe('[[[[[[[["[too deep]"]]]]]]]]');
    const wide = createRedactor().redact(Array.from({ length: 201 }, () => 1));
    expect(wide).toEqual([...Array.from({ length: 200 }, () => 1), '… 1 more']);
    const many = Array.from({ length: 200 }, () => Array.from({ length: 200 }, () => 1));
    expect(JSON.stringify(createRedactor().redact(many)).match(/\[too much\]/g)?.length).toBeGreaterThan(100);
  });

  test('and a number under a plural is a count, under a singular it is hidden', () => {
    const fields = { tokens: 3, token: 3, passwords: ['x'], isToken: true, credential: null };
    expect(createRedactor().redact(fields)).toEqual({
      tokens: 3,
      token: '[redacted]',
      passwords: '[redacted]',
      isToken: true,
      credential: null,
    });
  });
});
