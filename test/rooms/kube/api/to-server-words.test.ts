import { describe, expect, test } from 'vitest';
import { type SpokenStatus, toServerWords } from '../../../../agent/kube/api/to-server-words.ts';

type Cause = SpokenStatus['causes'][number];

function say(message: string, { secrets = [], causes = [] }: { secrets?: string[]; causes?: Cause[] } = {}): string {
  return toServerWords({ message, causes }, { secrets, quotesSecrets: true });
}

describe('the words of the API server', () => {
  test.each([
    'secrets "one" is forbidden: exceeded quota: small, requested: secrets=1, used: secrets=3, limited: secrets=3',
    'ValidatingAdmissionPolicy "opaque" with binding "opaque" denied request: only type Opaque may be created',
    'Internal error occurred: failed calling webhook "a.example.com": failed to call webhook: Post "https://hook.default.svc:443/check?timeout=10s": dial tcp 10.0.0.1:443: connect: connection refused',
    'etcdserver: request is too large',
    'Secret "one" is invalid: data: Forbidden: field is immutable when `immutable` is set',
    'admission webhook "a" denied the request: the path /apis/applicationconnector.kyma-project.io/v1alpha1/applications is closed',
  ])('stay as they are: %s', (message) => {
    expect(say(message)).toBe(message);
  });

  test('are those of the causes where there is no message, and of causes that the message leaves out', () => {
    const policy = { field: '', reason: '', message: 'denied by a policy.' };
    expect(say('', { causes: [policy] })).toBe('denied by a policy');
    expect(say('', { causes: [{ field: 'spec.a', reason: 'FieldValueRequired', message: '' }] })).toBe(
      'spec.a: FieldValueRequired',
    );
    const named = { field: 'spec.a', reason: 'FieldValueRequired', message: 'Required value' };
    expect(say('it is invalid: spec.a: Required value', { causes: [named] })).toBe(
      'it is invalid: spec.a: Required value',
    );
    expect(say('it is denied', { causes: [named, { ...named, message: '', reason: '', field: '' }] })).toBe(
      'it is denied; spec.a: Required value',
    );
  });

  test.each([
    ['as text', 'the password hunter2 is too short', ['hunter2'], 'the password [cut] is too short'],
    ['in quotes', 'got "a\\nb" for it', ['a\nb'], 'got "[cut]" for it'],
    ['escaped', 'got (a\\nbc) for it', ['a\nbc'], 'got ([cut]) for it'],
    ['as text from four characters on', 'abc and abcd', ['abc', 'abcd'], 'abc and [cut]'],
    ['each place', 'hunter2, hunter2', ['hunter2', 'hunter2'], '[cut], [cut]'],
    ['a short one in quotes alone', 'a "7" in 17', ['7'], 'a "[cut]" in 17'],
    ['one that is part of another', 'it is password1', ['password', 'password1'], 'it is [cut]'],
    ['none, where it is empty', 'it is ""', ['', ''], 'it is ""'],
  ])('lose what was sent: %s', (_, message, secrets, words) => {
    expect(say(message, { secrets })).toBe(words);
  });

  test.each([
    ['data: Invalid value: "a\\"b": is wrong', 'data: Invalid value: [cut]: is wrong'],
    ['data: Invalid value: "cut off', 'data: Invalid value: [cut]'],
    ['data: Invalid value: {"a":"b"}: is wrong', 'data: Invalid value: [cut]: is wrong'],
    ['type: Unsupported value: "x": supported values: "y"', 'type: Unsupported value: [cut]: supported values: "y"'],
    ['data: Duplicate value: "x"', 'data: Duplicate value: [cut]'],
    ['cannot be read, error found in #7 byte of ...|"hunter2"|...', 'cannot be read'],
    ['cannot be read; error found in #17 byte of ...|a|..., error found', 'cannot be read;'],
    ['data[0]: Too long: "x": may not be longer', 'data[0]: Too long: [cut]: may not be longer'],
    ['data: Invalid value: ["a","b"]', 'data: Invalid value: [cut]'],
    ['data: Too many: 7: must have at most 5 items', 'data: Too many: 7: must have at most 5 items'],
    ['Post "http://user@hook/a", then "ftp://other@hook/b"', 'Post "http://[cut]@hook/a", then "ftp://[cut]@hook/b"'],
    [`${'aB3-_'.repeat(8)} and ${'aB3-_'.repeat(8).slice(1)}`, `[cut] and ${'aB3-_'.repeat(8).slice(1)}`],
    ['key -----BEGIN PRIVATE KEY-----\nMIIE', 'key [cut]'],
    [`token ${'aB3-_'.repeat(9)} was sent`, 'token [cut] was sent'],
    ['Post "https://user:pass@hook.example.com/a"', 'Post "https://[cut]@hook.example.com/a"'],
  ])('lose what may be a secret: %s', (message, words) => {
    expect(say(message)).toBe(words);
  });

  test.each(['a'.repeat(50), 'A'.repeat(50), '7'.repeat(50), `${'a-'.repeat(25)}7`])(
    'keep a long word without digits or capital letters, which no token is: %s',
    (word) => {
      expect(say(`the word ${word}`)).toBe(`the word ${word}`);
    },
  );

  test('keep what the server quotes where the request had no secrets', () => {
    const message = 'spec: Invalid value: "x": wrong, error found in #7 byte of ...|x|...';
    expect(toServerWords({ message, causes: [] }, { secrets: [], quotesSecrets: false })).toBe(
      message.replace(/\.+$/, '..'),
    );
  });

  test('are one printable line of at most 300 characters without a full stop', () => {
    expect(say('one\n\ttwo\u001b[31m\u202ethree\u0085four.')).toBe('one two [31m\ufffdthree four');
    expect(say(' denied. \n')).toBe('denied');
    expect(say(`${'m'.repeat(299)}.`)).toBe('m'.repeat(299));
    expect(say('m'.repeat(300))).toBe('m'.repeat(300));
    expect(say('m'.repeat(301))).toBe(`${'m'.repeat(297)}...`);
    expect(say(`${'m'.repeat(299)}😀`).isWellFormed()).toBe(true);
  });

  test('are read in no time from a message without end', () => {
    const quotes = 'Invalid value: "'.repeat(100_000);
    const braces = 'Invalid value: {\n'.repeat(100_000);
    expect(say(quotes).length + say(braces).length).toBeLessThan(700);
  });
});
