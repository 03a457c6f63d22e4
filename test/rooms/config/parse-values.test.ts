import { describe, expect, test } from 'vitest';
import {
  durationFrom,
  parseBoolean,
  parseDecimal,
  parseDelays,
  parseHosts,
  parseIpAddress,
  parseSecretRef,
  parseServiceUrl,
  parseWholeNumber,
} from '../../../agent/config/parse-values.ts';
import { formatDuration, parseDuration } from '../../../agent/domain/duration.ts';

test.each([
  ['180s', 180_000],
  ['1h30m', 5_400_000],
  ['1.5h', 5_400_000],
  ['300ms', 300],
  ['1m0.5s', 60_500],
  ['0', 0],
  ['+2s', 2000],
  ['.5s', 500],
  ['1500us', 2],
])('the Go duration %s is %d ms', (text, durationMs) => {
  expect(parseDuration(text)).toBe(durationMs);
});

test.each(['', '5', '-5s', '1d', '5 s', 's', '1h30', 'x5s', '1.2.3s', '600h'])('%j is not a duration', (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

test.each(['3m', '1h30m', '1.5s', '300ms', '0s', '24h'])('the duration %s is printed as it is read', (text) => {
  expect(formatDuration(parseDuration(text) ?? -1)).toBe(text);
});

test('booleans are those of Go, and no others', () => {
  expect(['1', 't', 'T', 'TRUE', 'true', 'True'].map(parseBoolean)).toEqual(Array(6).fill(true));
  expect(['0', 'f', 'F', 'FALSE', 'false', 'False'].map(parseBoolean)).toEqual(Array(6).fill(false));
  expect(['yes', 'on', 'tRUE', '', '2'].map(parseBoolean)).toEqual(Array(5).fill(undefined));
});

test('a Secret without a namespace is in the namespace default', () => {
  expect(parseSecretRef('mine')).toEqual({ namespace: 'default', name: 'mine' });
  expect(parseSecretRef('a/b.c')).toEqual({ namespace: 'a', name: 'b.c' });
  expect(['/mine', 'mine/'].map(parseSecretRef)).toEqual(Array(2).fill({ namespace: 'default', name: 'mine' }));
  expect(parseSecretRef('a/b/c')).toEqual({ namespace: 'a', name: 'b' });
  expect(['A/b', 'a/B', '/', 'a b', ''].map(parseSecretRef)).toEqual(Array(5).fill(undefined));
});

test('the name of a Secret has at most 253 characters', () => {
  const longest = `${'a'.repeat(63)}.`.repeat(3) + 'a'.repeat(61);
  expect(parseSecretRef(`mine/${longest}`)).toEqual({ namespace: 'mine', name: longest });
  expect(parseSecretRef(`mine/${longest}a`)).toBeUndefined();
});

test.each(['', '-5', '+5', '5.0', '1e2', '0x10', ' 5', '5 ', '1'.repeat(16)])('%j is not a whole number', (text) => {
  expect(parseWholeNumber(text, 0, Infinity)).toBeUndefined();
});

test('a whole number may be the least and the most, and nothing beyond', () => {
  expect(['0', '1', '200', '201'].map((text) => parseWholeNumber(text, 1, 200))).toEqual([
    undefined,
    1,
    200,
    undefined,
  ]);
});

test.each([
  ['0.3', 0.3],
  ['10.25', 10.25],
  ['-1', -1],
  ['+.125', 0.125],
  ['1.', 1],
  ['1e3', 1000],
  ['25E-12', 25e-12],
  ['1.5e+10', 1.5e10],
])('the decimal number %s is %d', (text, value) => {
  expect(parseDecimal(text)).toBe(value);
});

test.each(['', '.', 'e5', '0x10', ' 1', '1 ', '30%', '1.2.3', 'Infinity', '1e999'])(
  '%j is not a decimal number',
  (text) => {
    expect(parseDecimal(text)).toBeUndefined();
  },
);

test.each(['http://gateway', 'HTTPS://Gateway.example.com:8443/path/', 'https://[::1]'])(
  'the URL %s stays as it is',
  (url) => {
    expect(parseServiceUrl(url)).toBe(url);
  },
);

test.each([
  ['another protocol', 'ftp://gateway'],
  ['another protocol before it', 'view-source:http://gateway'],
  ['no protocol', 'gateway.example.com'],
  ['white space', 'https://gateway/some path'],
  ['no host', 'https://'],
  ['a user name', 'https://me@gateway'],
  ['a password alone', 'https://:hunter2@gateway'],
  ['a query', 'https://gateway?a'],
  ['a fragment', 'https://gateway#a'],
])('a URL with %s is refused: %s', (_, url) => {
  expect(parseServiceUrl(url)).toBeUndefined();
});

test('addresses are those of IPv4 and IPv6', () => {
  expect(['127.0.0.1', '::1', 'localhost', '127.0.0.256'].map(parseIpAddress)).toEqual([
    ...['127.0.0.1', '::1'],
    ...[undefined, undefined],
  ]);
});

describe('lists', () => {
  const longestHost = `${'a'.repeat(63)}.`.repeat(3) + 'a'.repeat(61);

  test('hosts may stand apart, and are compared in lower case', () => {
    expect(parseHosts('example.com , UCL.Example.org')).toEqual(['example.com', 'ucl.example.org']);
  });

  test.each([
    ['one that is no name', 'example.com,not a host'],
    ['an empty one', 'example.com,'],
    ['one with more than 253 characters', `example.com,${longestHost}a`],
    ['more than 20', Array(21).fill('example.com').join()],
  ])('hosts are refused with %s', (_, text) => {
    expect(parseHosts(text)).toBeUndefined();
  });

  test('20 hosts are accepted, and a name of 253 characters', () => {
    expect(parseHosts(Array(20).fill(longestHost).join())).toEqual(Array(20).fill(longestHost));
  });

  test('20 delays are accepted and no more, each of at least a millisecond', () => {
    expect(parseDelays(Array(20).fill('1m').join(' , '))).toEqual(Array(20).fill(60_000));
    expect(parseDelays(Array(21).fill('1m').join())).toBeUndefined();
    expect(['1ms,0s', '1m,soon'].map(parseDelays)).toEqual([undefined, undefined]);
  });
});

test('a duration may be the least one, and nothing below', () => {
  expect(['1s', '999ms', 'soon'].map(durationFrom(1000))).toEqual([1000, undefined, undefined]);
});
