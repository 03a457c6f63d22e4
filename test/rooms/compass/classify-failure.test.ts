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
      'got an answer that did not come to its end in time',
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
    expect(failure.mayHaveTakenEffect).toBe(changes.sent ?? false);
  });

  test('is no more than that where the agent gave up itself', () => {
    const failure = classify('director', transport({ cause: 'aborted', sent: true }));
    expect(failure).toMatchObject({ next: 'retry', details: { aborted: true }, mayHaveTakenEffect: false });
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
    [500, false],
    [502, true],
    [408, true],
    [400, false],
  ])('%i may have taken effect all the same: %s', (status, mayHave) => {
    expect(classify('connector-token', answer(status)).mayHaveTakenEffect).toBe(mayHave);
  });

  test('keeps how long the other side asked to be left alone', () => {
    for (const status of [429, 503]) {
      expect(classify('director', answer(status, { retryAfterMs: 7_000 })).retryAfterMs).toBe(7_000);
    }
  });
});
