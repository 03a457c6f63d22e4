import { describe, expect, test } from 'vitest';
import { type AskedRequest, classifyFailure } from '../../../agent/compass/classify-failure.ts';
import type { WireError, WireFailure } from '../../../agent/compass/wire-failure.ts';
import type { NextStep, Reason } from '../../../agent/errors/agent-error.ts';

type Api = AskedRequest['api'];
type Transport = Extract<WireFailure, { kind: 'transport' }>;
type Answer = Extract<WireFailure, { kind: 'answer' }>;

const classify = (api: Api, failure: WireFailure) =>
  classifyFailure({ operation: 'Asked', host: 'ucl.example.test', api }, failure);
const transport = (changes: Partial<Transport>): Transport => ({
  kind: 'transport',
  cause: 'network',
  errno: undefined,
  sent: false,
  ...changes,
});
const answer = (status: number, changes: Partial<Answer> = {}): Answer => ({
  kind: 'answer',
  status,
  errors: [],
  bodyEmpty: false,
  retryAfterMs: undefined,
  ...changes,
});
const error = (message: string, code?: number): WireError => ({ message, path: [], code });

describe('What no answer means', () => {
  test.each<[Partial<Transport>, Api, Reason, NextStep, string, string]>([
    [{}, 'director', 'CompassUnreachable', 'retry', 'failed', 'Check the network, DNS'],
    [
      { errno: 'ENOTFOUND' },
      'director',
      'CompassUnreachable',
      'retry',
      'failed: there is no such host name (ENOTFOUND)',
      'Check the network, DNS',
    ],
    [
      { cause: 'timeout' },
      'director',
      'CompassUnreachable',
      'retry',
      'got no answer in time',
      'Check the network, DNS',
    ],
    [
      { cause: 'stalled', sent: true },
      'director',
      'CompassUnreachable',
      'retry',
      'got an answer that did not end in time',
      'Check the network, DNS',
    ],
    [
      { cause: 'truncated', sent: true },
      'director',
      'CompassUnreachable',
      'retry',
      'got an answer that was cut off',
      'Check the network, DNS',
    ],
    [
      { errno: 'ECONNRESET', sent: true },
      'director',
      'CompassUnreachable',
      'retry',
      'failed: the other side closed the connection (ECONNRESET)',
      'may be rejecting the client certificate',
    ],
    // Without a client certificate there is none to reject.
    [
      { errno: 'ECONNRESET', sent: true },
      'connector-token',
      'CompassUnreachable',
      'retry',
      'failed: the other side closed the connection (ECONNRESET)',
      'Check the network, DNS',
    ],
    [
      { errno: 'ECONNREFUSED', proxy: 'http://proxy:3128' },
      'director',
      'CompassUnreachable',
      'retry',
      'failed through the proxy http://proxy:3128: the connection was refused (ECONNREFUSED)',
      'Check the proxy that HTTPS_PROXY names',
    ],
    [
      { cause: 'too-large', sent: true },
      'director',
      'AnswerTooLarge',
      'wait',
      'gave an answer that is larger than the agent can take',
      'The agent asks for smaller pages by itself',
    ],
  ])('%j of %s is %s, next %s', (changes, api, reason, next, what, remedy) => {
    const failure = classify(api, transport(changes));
    expect(failure).toMatchObject({ reason, next, message: `The request Asked to UCL (ucl.example.test) ${what}` });
    expect(failure.remedy).toContain(remedy);
    expect(failure.effect).toBe(changes.sent === true ? 'possible' : 'none');
  });

  test.each<[string, Api, Reason, NextStep, string, string]>([
    [
      'ERR_OSSL_X509_KEY_VALUES_MISMATCH',
      'director',
      'CompassRefused',
      'wait',
      'is not possible, since the',
      'cannot be used together',
    ],
    [
      'SELF_SIGNED_CERT_IN_CHAIN',
      'director',
      'CompassUnreachable',
      'retry',
      'is not trusted (SELF_SIGNED',
      'NODE_EXTRA_CA_CERTS',
    ],
    [
      'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
      'director',
      'CompassRefused',
      'wait',
      'was refused in the TLS handshake (ERR_SSL',
      'rejected the client',
    ],
    // Without a client certificate there is none to reject.
    [
      'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
      'connector-token',
      'CompassUnreachable',
      'retry',
      'failed',
      'Check the network, DNS',
    ],
  ])('of TLS is told apart: %s of %s', (errno, api, reason, next, what, remedy) => {
    const failure = classify(api, transport({ errno }));
    expect(failure).toMatchObject({ reason, next, details: { kind: 'network', sent: false, errno } });
    expect(failure.message).toContain(what);
    expect(failure.remedy).toContain(remedy);
  });

  test('is no more than that where the agent gave up itself', () => {
    const failure = classify('director', transport({ cause: 'aborted', sent: true }));
    expect(failure).toMatchObject({ next: 'retry', details: { aborted: true }, effect: 'none' });
    expect(failure.message).toBe('The request Asked to UCL (ucl.example.test) was abandoned');
  });
});

describe('What an answer means', () => {
  test.each<[Answer, Api, Reason, NextStep, string]>([
    [answer(429), 'director', 'RateLimited', 'wait', 'was turned away with HTTP 429 (too many requests)'],
    [answer(503), 'director', 'CompassUnreachable', 'retry', 'failed with HTTP 503'],
    [answer(408), 'director', 'CompassUnreachable', 'retry', 'failed with HTTP 408'],
    [answer(400, { bodyEmpty: true }), 'director', 'CompassRefused', 'wait', 'was refused with HTTP 400'],
    [answer(400, { errors: [error('odd')] }), 'director', 'InvalidAnswer', 'retry', 'failed with HTTP 400: odd'],
    [answer(401), 'connector-token', 'TokenRefusedOrUnavailable', 'wait', 'was refused with HTTP 401'],
    [answer(403), 'connector-certificate', 'CompassRefused', 'wait', 'was refused with HTTP 403'],
    [
      answer(422, { errors: [error('spent')] }),
      'connector-token',
      'TokenRefused',
      'stall',
      'was refused with HTTP 422: spent',
    ],
    [answer(422), 'director', 'InvalidAnswer', 'retry', 'failed with HTTP 422'],
    [
      answer(200, { errors: [error('first'), error('second'), error('third')] }),
      'director',
      'InvalidAnswer',
      'retry',
      'was answered with an error: first and 2 more',
    ],
    [answer(200, { errors: [error('', 23)] }), 'director', 'CompassRefused', 'wait', 'was answered with an error'],
    [
      answer(200, { errors: [error('who owns it', 10)] }),
      'director',
      'CompassUnreachable',
      'retry',
      'was answered with an error: Internal Server Error',
    ],
    [answer(400, { errors: [error('no', 24)] }), 'director', 'CompassRefused', 'wait', 'was refused with HTTP 400: no'],
    [
      answer(200, { errors: [error('no')] }),
      'connector-token',
      'TokenRefused',
      'stall',
      'was answered with an error: no',
    ],
  ])('%j of %s is %s, next %s', (failure, api, reason, next, what) => {
    const told = classify(api, failure);
    expect(told).toMatchObject({ reason, next, message: `The request Asked to UCL (ucl.example.test) ${what}` });
    expect(told.remedy).toMatch(/\.$/);
  });

  test.each([
    ['may have taken effect', 'shape', 'possible'],
    ['has taken effect where it is one of GraphQL', 'content', 'certain'],
  ] as const)('that makes no sense is told with what is wrong, and %s', (_, kind, effect) => {
    const failure = classify('director', { kind, problem: '`viewer` is missing' });
    expect(failure).toMatchObject({ reason: 'InvalidAnswer', next: 'retry', details: { kind }, effect });
    expect(failure.message).toMatch(/gave an answer that the agent does not understand: `viewer` is missing$/);
  });

  test.each<[number, string[], Reason]>([
    [10, ['viewer'], 'CompassRefused'],
    [10, ['runtime'], 'CompassUnreachable'],
    [23, ['runtime'], 'CompassRefused'],
    [25, [], 'CompassRefused'],
    [26, [], 'CompassRefused'],
    [22, ['viewer'], 'InvalidAnswer'],
  ])('of code %i at %j is %s, wherever among several it stands', (code, path, reason) => {
    const errors = [error('plain'), { message: 'no', path, code }];
    expect(classify('director', answer(200, { errors }))).toMatchObject({
      reason,
      details: { kind: 'errors', status: 200, code },
    });
  });

  test('is known by its status and its code in the log', () => {
    expect(classify('director', answer(500)).reason).toBe('CompassUnreachable');
    expect(classify('director', answer(404, { bodyEmpty: true }))).toMatchObject({
      ...{ reason: 'InvalidAnswer', details: { kind: 'status', status: 404 } },
    });
    expect(classify('connector-token', answer(404)).reason).toBe('InvalidAnswer');
    expect(classify('connector-certificate', answer(200, { errors: [error('no')] })).reason).toBe('CompassRefused');
  });

  test.each([
    [500, 'none'],
    [502, 'possible'],
    [408, 'possible'],
    [400, 'none'],
  ])('%i had its effect all the same: %s', (status, effect) => {
    expect(classify('connector-token', answer(status)).effect).toBe(effect);
  });

  test('keeps how long the other side asked to be left alone', () => {
    for (const status of [429, 503]) {
      expect(classify('director', answer(status, { retryAfterMs: 7_000 })).retryAfterMs).toBe(7_000);
    }
  });
});
