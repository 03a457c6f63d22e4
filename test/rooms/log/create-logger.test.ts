import { randomBytes } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import { createLogger, type LoggerOptions } from '../../../agent/log/create-logger.ts';
import type { Logger } from '../../../agent/log/logger.ts';
import { createRedactor } from '../../../agent/log/redact.ts';

function logged(write: (log: Logger) => void, options: Partial<LoggerOptions> = {}): string {
  const stream = new PassThrough();
  const clock = () => new Date('2026-01-02T03:04:05.678Z');
  write(createLogger({ level: 'info', format: 'json', stream, clock, ...options }));
  return String(stream.read() ?? '');
}

const refused = new AgentError('TokenRefused', 'UCL refused the one-time token.', {
  next: 'stall',
  remedy: 'Write a new token into the Secret.',
  details: { httpStatus: 400 },
});

describe('lines', () => {
  test('an event is one line of JSON that begins with time, level and message', () => {
    const text = logged((log) =>
      log.child({ syncId: 'a_b' }).info('Synchronised\nall', { applications: 3, none: undefined }),
    );
    expect(text).toBe(
      '{"time":"2026-01-02T03:04:05.678Z","level":"info","message":"Synchronised\\nall","syncId":"a_b","applications":3}\n',
    );
  });

  test('lines below the level are not written', () => {
    expect(logged((log) => log.debug('no'))).toBe('');
    expect(logged((log) => log.debug('yes'), { level: 'debug' })).toContain('"yes"');
  });

  test('a field cannot replace time, level or message', () => {
    const line = JSON.parse(logged((log) => log.info('true', { message: 'false', level: 'x', time: 1 })));
    expect(line).toMatchObject({ level: 'info', message: 'true', field_message: 'false', field_level: 'x' });
  });

  test('an error of the agent is told with reason, message, remedy and details', () => {
    const line = JSON.parse(logged((log) => log.error('Pairing failed', { error: refused })));
    expect(line.error).toEqual({
      reason: 'TokenRefused',
      message: 'UCL refused the one-time token.',
      remedy: 'Write a new token into the Secret.',
      details: { httpStatus: 400 },
    });
  });

  test('of a foreign error only class, code and frames are told', () => {
    const foreign = Object.assign(new TypeError('body was {"x":"hunter2"}'), {
      code: 'EPIPE',
      config: { a: 'hunter2' },
    });
    const text = logged((log) => log.error('Failed', { error: foreign, list: [foreign] }));
    expect(text).not.toContain('hunter2');
    const line = JSON.parse(text);
    expect(line.error).toMatchObject({ reason: 'Unexpected', message: 'TypeError (EPIPE)' });
    expect(line.error.at[0]).toContain('create-logger.test.ts');
  });

  test('a person gets text, with the remedy of an error and without control characters of others', () => {
    const text = logged((log) => log.warn('Name \x1b[31mred', { system: 'a b', count: 2, error: refused }), {
      format: 'pretty',
    });
    expect(text.split('\n')).toEqual([
      '03:04:05.678 WARN  Name  [31mred  system="a b" count=2',
      '      TokenRefused: UCL refused the one-time token.',
      '      What to do: Write a new token into the Secret.',
      '      details: {"httpStatus":400}',
      '',
    ]);
  });

  test.each(['json', 'pretty'] as const)('neither messages nor fields steer a terminal, as %s', (format) => {
    const hostile = 'a\u001b[2J\u009b31m\u202eb\u200bc\u2028d\ud800';
    const text = logged((log) => log.warn(hostile, { name: hostile, list: [hostile], [hostile]: 1, error: refused }), {
      format,
    });
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|\\u/u);
  });

  test('an object that cannot be read costs a field, not the caller', () => {
    const trap = {
      get broken(): string {
        throw new Error('no');
      },
    };
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    expect(logged((log) => log.info('still there', { trap }))).toContain('still there');
    expect(logged((log) => log.info('still there', { cyclic, big: 1n }))).toContain('[too deep]');
  });
});

describe('secrets', () => {
  const token = `${randomBytes(64).toString('base64url')}==`;
  const password = 'pa"ss w/ord+1%';
  const key = `-----BEGIN RSA PRIVATE KEY-----\nMIIEow${'Qk3x'.repeat(40)}\n-----END RSA PRIVATE KEY-----\n`;
  const jwt = `${Buffer.from('{"alg":"RS256"}').toString('base64url')}.${Buffer.from('{"sub":"canary"}').toString('base64url')}.c2lnbmF0dXJl`;
  const basic = Buffer.from(`canary-user:${password}`).toString('base64');
  const base64 = (text: string) => Buffer.from(text).toString('base64');

  /** Ways in which careless code might log each of them. */
  const careless: [string, (log: Logger) => void][] = [
    ['in a message', (log) => log.info(`token ${token} refused, key ${key}, header Basic ${basic}, ${jwt}`)],
    [
      'in fields of telling names',
      (log) => log.info('x', { token, password, client: { clientSecret: password, key } }),
    ],
    ['in headers', (log) => log.info('x', { headers: { Authorization: `Basic ${basic}`, Cookie: [token] } })],
    [
      'in a JSON text',
      (log) => log.info('x', { body: JSON.stringify({ password, clientSecret: token, other: [key, jwt] }) }),
    ],
    ['in a URL', (log) => log.info(`GET https://canary-user:${encodeURIComponent(password)}@host/?token=${token}`)],
    [
      'as Secret data',
      (log) => log.info('x', { data: { crt: base64(key), other: base64(password), third: base64(token) } }),
    ],
    [
      'in an error',
      (log) =>
        log.error('x', {
          error: new AgentError('Refused', `got ${key}`, {
            next: 'retry',
            remedy: token,
            details: { jwt, text: password },
          }),
        }),
    ],
    ['in a child', (log) => log.child({ sentence: `Bearer ${token}`, deep: [[{ token }]] }).warn('x')],
    [
      'within something longer in base64',
      (log) => log.info('x', { a: base64(`u:${password}`), b: base64(`us:${password}`), c: base64(`use:${password}`) }),
    ],
    ['as bytes and maps', (log) => log.info('x', { buffer: Buffer.from(key), map: new Map([['a', password]]) })],
    ['as a name', (log) => log.info('x', { [token]: 1, [password]: 2 })],
    ['cut off', (log) => log.info('x', { text: key.slice(0, 80) })],
  ];

  test.each(careless)('no secret is in the output when it stands %s', (_, write) => {
    const redactor = createRedactor();
    redactor.register(password);
    redactor.register(`${token}\n`);
    for (const format of ['json', 'pretty'] as const) {
      const text = logged(write, { redactor, format, level: 'debug' });
      expect(text.length).toBeGreaterThan(20);
      for (const secret of [
        token,
        token.slice(0, 40),
        password,
        JSON.stringify(password).slice(1, -1),
        encodeURIComponent(password),
        'Qk3xQk3x',
        base64(key).slice(0, 60),
        base64(password),
        base64(token),
        basic.slice(20),
        'c2lnbmF0dXJl',
      ]) {
        expect(text).not.toContain(secret);
      }
    }
  });

  test('tokens, keys, JWTs and Authorization are known by their shape alone', () => {
    const text = logged((log) => log.info(`a ${token} b ${key} c Basic ${basic} d ${jwt} e`));
    expect(JSON.parse(text).message).toBe('a [redacted] b [redacted]\n c Basic [redacted] d [redacted] e');
  });

  test('a field of a telling name is hidden whatever it holds', () => {
    const fields = {
      password: 'x1',
      client_secret: 'x2',
      'X-Auth-Token': ['x3'],
      credentials: { user: 'x4' },
      apiKey: 55,
    };
    const text = logged((log) => log.info('x', { fields, Authorization: 'x6', text: '{"password":"x7"} token=x8' }));
    expect(text).not.toMatch(/x[1-8]|55/);
  });

  test('ordinary facts are left as they are', () => {
    const facts = {
      secretName: 'mp-app-1',
      tokenHash: 'ab12',
      applications: 3,
      secrets: 12,
      sentence: 'Basic credentials are missing; a new token is needed. Bearer tokens expire.',
      id: '0f5e6d9c-5c1b-4a5e-9e57-0a1b2c3d4e5f_6f5e6d9c-5c1b-4a5e-9e57-0a1b2c3d4e5f',
      url: 'https://host/a?first=200#x',
      long: 'mp-'.repeat(40),
      renewed: true,
    };
    const { time, level, message, ...fields } = JSON.parse(logged((log) => log.info('x', facts)));
    expect(fields).toEqual(facts);
  });

  test('one line costs no more than a long text, however much stands in its fields', () => {
    const text = 'a b '.repeat(20_000);
    const { message, first, second } = JSON.parse(logged((log) => log.info('x', { first: text, second: text })));
    expect(message).toBe('x');
    expect(first).toHaveLength(16_384 + '… (cut)'.length);
    expect(second).toBe('[too much]');
  });

  test('a JWT is hidden wherever it begins in a dotted name, and what only resembles one is not', () => {
    const text = logged((log) => log.info(`x.${jwt} y-${jwt} they.example.com eyes eye-test.a`));
    expect(JSON.parse(text).message).toBe('x.[redacted] y-[redacted] they.example.com eyes eye-test.a');
  });

  test('the memory of registered secrets is bounded, and the oldest go first', () => {
    const redactor = createRedactor({ maxSecrets: 2 });
    for (const secret of ['first-one', 'second-one', 'third-one', 'x']) redactor.register(secret);
    expect(redactor.redact('first-one second-one third-one x')).toBe('first-one [redacted] [redacted] x');
  });
});
