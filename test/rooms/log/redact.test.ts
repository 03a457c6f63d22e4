import { describe, expect, test } from 'vitest';
import { createRedactor, isSecretName } from '../../../agent/log/redact.ts';

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

describe('A registered secret within base64 of something longer', () => {
  const base64 = (text: string) => Buffer.from(text).toString('base64');

  test.each([0, 1, 2, 3, 4, 5])(
    'is hidden but for the groups that it shares, %d bytes after the beginning',
    (before) => {
      const long = 'sixteen-letters!';
      const text = base64(`${'x'.repeat(before)}${long}yz`);
      const [begin, end] = [Math.ceil(before / 3), Math.floor((before + long.length) / 3)];
      expect(redactorOf(long).redact(text)).toBe(`${text.slice(0, 4 * begin)}[redacted]${text.slice(4 * end)}`);
    },
  );

  test('is looked for from eight bytes on: what a shorter one gives stands in other texts too', () => {
    expect(redactorOf('eight-by').redact(base64('eight-bytes'))).toBe(`[redacted]${base64('bytes')}`);
    expect(redactorOf('seven-b').redact(base64('seven-bytes'))).toBe(base64('seven-bytes'));
  });
});

describe('The memory of registered secrets', () => {
  test('is bounded for good, and takes a secret again that it has forgotten', () => {
    const redactor = createRedactor({ maxSecrets: 1 });
    for (const text of ['number-one', 'number-two', 'number-three']) redactor.register(text);
    expect(redactor.redact('number-one number-two number-three')).toBe('number-one number-two [redacted]');
    redactor.register(' number-one\n');
    expect(redactor.redact('number-one number-two number-three')).toBe('[redacted] number-two number-three');
  });
});

describe('The name of a field', () => {
  test.each([
    ...['token', 'accessTokens', 'passwd', 'userPassword', 'pass phrase', 'api-key', 'private.key', 'ACCESS_KEY'],
    ...['clientCredentials', 'Cookie', 'key', 'auth', 'pwd', 'jwt', 'caPem'],
  ])('tells of a secret: %s', (name) => {
    expect(isSecretName(name)).toBe(true);
  });

  test.each([
    ...['tokenHash', 'secretName', 'passwordPolicy', 'credentialKind', 'monkey', 'keyboard', 'oauth', 'author'],
    ...['authUrl', 'items', 'key2', 'description'],
  ])('tells of no secret: %s', (name) => {
    expect(isSecretName(name)).toBe(false);
  });
});

describe('A web token', () => {
  test.each([
    ['eyJhbGci.abcd', '[redacted]'],
    ['x-eyJhbGci.abcd', 'x-[redacted]'],
    ['eyJhbGc.abcdefg', 'eyJhbGc.abcdefg'],
    ['eyJhbGci.abc', 'eyJhbGci.abc'],
    ['long-eyJhb.abcdefg', 'long-eyJhb.abcdefg'],
    ['eyJhbGciOiJSUzI1', 'eyJhbGciOiJSUzI1'],
  ])('has a beginning of eight characters, and four behind the dot: %s', (text, told) => {
    expect(createRedactor().redact(text)).toBe(told);
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

  test('and what is just as much as may be is told whole', () => {
    const redactor = createRedactor();
    const text = 'a '.repeat(8_192);
    expect(redactor.redact(text)).toBe(text);
    expect(redactor.redact(`${text}a`)).toBe(`${text}… (cut)`);
    const list = Array.from({ length: 200 }, () => 1);
    expect(redactor.redact(list)).toEqual(list);
    const fields = Object.fromEntries(Array.from({ length: 201 }, (_, index) => [`n${index}`, 1]));
    expect(Object.keys(redactor.redact(fields) ?? {})).toHaveLength(200);
  });

  test('and a number under a plural is a count, under a singular it is hidden', () => {
    const fields = { tokens: 3, token: 3, passwords: ['x'], isToken: true, credential: null, pwd: undefined };
    expect(createRedactor().redact(fields)).toStrictEqual({
      tokens: 3,
      token: '[redacted]',
      passwords: '[redacted]',
      isToken: true,
      credential: null,
      pwd: undefined,
    });
  });
});
