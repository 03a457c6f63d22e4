import { describe, expect, test } from 'vitest';
import {
  classifyAnswer,
  classifyNetworkError,
  classifyStatusObject,
} from '../../../../agent/kube/api/classify-answer.ts';
import type { Attempt } from '../../../../agent/kube/api/kube-failure.ts';
import { applicationType, eventType, secretType } from '../../../../agent/kube/api/resource-type.ts';
import { GivenUpError } from '../../../../agent/kube/api/supervise-exchange.ts';

const application: Attempt = { verb: 'get', type: applicationType, name: 'one' };
const secret: Attempt = { verb: 'create', type: secretType, namespace: 'kyma-system', name: 'one' };

function classify(
  attempt: Attempt,
  status: number,
  body: object | string = '',
  { retryAfterMs, sent }: { retryAfterMs?: number; sent?: object } = {},
) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return classifyAnswer(attempt, { status, text, retryAfterMs }, sent);
}

describe('an answer of the API server', () => {
  test.each([
    [401, {}, 'unauthenticated'],
    [403, {}, 'forbidden'],
    [403, { message: 'applications "one" is forbidden: User "a" cannot get resource "applications"' }, 'forbidden'],
    [403, { message: 'exceeded quota: small' }, 'rejected'],
    [404, { details: { name: 'one' } }, 'not-found'],
    [409, { reason: 'AlreadyExists' }, 'already-exists'],
    [409, { reason: 'Conflict' }, 'conflict'],
    [409, {}, 'conflict'],
    [410, {}, 'expired'],
    [429, {}, 'busy'],
    [400, {}, 'rejected'],
    [422, {}, 'rejected'],
    [499, {}, 'rejected'],
    [500, {}, 'server-failed'],
    [503, {}, 'server-failed'],
    [302, {}, 'server-failed'],
    [500, { reason: 'InternalError', message: 'failed calling webhook "a"' }, 'rejected'],
    [500, { message: 'etcdserver: request is too large' }, 'rejected'],
    [507, { message: 'no space' }, 'rejected'],
    [500, { message: 'etcdserver: request timed out' }, 'server-failed'],
    [500, { message: 'etcdserver: leader changed' }, 'server-failed'],
    [500, { reason: 'ServerTimeout', message: 'try again' }, 'server-failed'],
    [502, { message: 'bad gateway' }, 'server-failed'],
    [503, { message: 'no endpoints available' }, 'server-failed'],
    [504, { message: 'no answer in time' }, 'server-failed'],
    [503, { reason: 'ServiceUnavailable', message: 'shutting down' }, 'server-failed'],
    [504, { reason: 'Timeout', message: 'took too long' }, 'server-failed'],
    [302, { message: 'elsewhere' }, 'server-failed'],
  ])('of %i with %o means %s', (status, body, kind) => {
    expect(classify(application, status, body)).toMatchObject({ kind, status, attempt: application });
  });

  test.each([
    ['that names no object is about the kind', application, {}, 'crd-missing'],
    ['that names another object is about the kind', application, { details: { name: 'other' } }, 'crd-missing'],
    ['to a list is about the kind', { verb: 'list', type: applicationType }, { details: {} }, 'crd-missing'],
    ['about a kind that every API server serves is about the object', secret, {}, 'not-found'],
    ['that is no Status is about the kind', application, '404 page not found', 'crd-missing'],
  ] as const)('of 404 %s', (_, attempt, body, kind) => {
    expect(classify(attempt, 404, body).kind).toBe(kind);
  });

  test('of 404 to a creation names the namespace that is missing', () => {
    expect(classify(secret, 404, { details: { name: 'kyma-system' } })).toMatchObject({
      kind: 'not-found',
      missingNamespace: 'kyma-system',
    });
    expect(classify(secret, 404, { details: { name: 'other' } })).not.toHaveProperty('missingNamespace');
    const update: Attempt = { ...secret, verb: 'update' };
    expect(classify(update, 404, { details: { name: 'kyma-system' } })).not.toHaveProperty('missingNamespace');
    const clusterWide: Attempt = { verb: 'create', type: eventType, name: 'one' };
    expect(classify(clusterWide, 404, {})).not.toHaveProperty('missingNamespace');
  });

  test('says how long the server asks to be left alone, where it does', () => {
    expect(classify(application, 503, {}, { retryAfterMs: 7_000 })).toMatchObject({ retryAfterMs: 7_000 });
    expect(classify(application, 503)).not.toHaveProperty('retryAfterMs');
  });

  test('is told in its own words without their full stop, cut after 300 characters', () => {
    expect(classify(application, 422, { message: 'spec.services is wrong.' })).toMatchObject({
      why: 'spec.services is wrong',
    });
    expect(classify(application, 422, { message: 'm'.repeat(300) })).toMatchObject({ why: 'm'.repeat(300) });
    expect(classify(application, 422, { message: 'm'.repeat(301) })).toMatchObject({ why: `${'m'.repeat(297)}...` });
    expect(classify(application, 422)).toMatchObject({ why: '' });
  });

  test('that fails for a time is told in its own words too', () => {
    expect(classify(application, 503, { message: 'the server is shutting down.' })).toMatchObject({
      why: 'the server is shutting down',
    });
  });

  test('about a Secret is told without the values that were sent and those that it quotes', () => {
    const sent = { data: { password: Buffer.from('hunter2').toString('base64'), other: 7 } };
    const causes = [
      { field: 'data.password', reason: 'FieldValueInvalid', message: 'hunter2 is too short' },
      { field: 'metadata.name', reason: 'FieldValueInvalid', message: 'Invalid value: "o\\"ther": must be a name' },
    ];
    const body = { message: `aHVudGVyMg== is "hunter2"`, details: { causes } };
    expect(classify({ ...secret, verb: 'update' }, 422, body, { sent })).toMatchObject({
      why: '[cut] is "[cut]"; data.password: [cut] is too short; metadata.name: Invalid value: [cut]: must be a name',
    });
  });

  test('about another object keeps the values that it quotes, which say what to correct', () => {
    const message = 'spec.name: Invalid value: "A B": must be a name';
    expect(classify(application, 422, { message }, { sent: { data: { a: 'A B' } } })).toMatchObject({ why: message });
  });

  test.each([
    ['no JSON', '<html>'],
    ['no object', '[]'],
    ['nothing', ''],
    ['fields of other types', { message: 1, reason: [], details: { name: 2, causes: [1, { field: 2 }] } }],
  ])('whose body is %s is understood by its status alone', (_, body) => {
    expect(classify(secret, 422, body)).toMatchObject({ kind: 'rejected', why: '' });
  });
});

describe('a request that got no answer', () => {
  test('is told with its code, and with the proxy where there is one', () => {
    const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    const server = 'https://api.example';
    expect(classifyNetworkError(application, { server }, refused)).toEqual({
      ...{ kind: 'unreachable', attempt: application, server, code: 'ECONNREFUSED' },
    });
    expect(classifyNetworkError(application, { server, proxy: 'proxy.example:3128' }, refused)).toMatchObject({
      proxy: 'proxy.example:3128',
    });
  });
});

describe('the ERROR event of a watch', () => {
  const watch: Attempt = { verb: 'watch', type: applicationType };

  test('means what the code of its Status means', () => {
    expect(classifyStatusObject(watch, { code: 410, reason: 'Expired' })).toEqual({
      kind: 'expired',
      status: 410,
      attempt: watch,
    });
  });

  test.each([[undefined], ['text'], [{ code: 'x' }]])('with %o is a failure of the server', (object) => {
    expect(classifyStatusObject(watch, object)).toMatchObject({ kind: 'server-failed', status: 0 });
  });
});

describe('a request without an answer', () => {
  const server = 'https://api.example';

  test.each([
    [
      'a system error',
      Object.assign(new Error('connect ECONNREFUSED hunter2'), { code: 'ECONNREFUSED' }),
      'ECONNREFUSED',
    ],
    ['a time-out', new GivenUpError('timeout'), 'ETIMEDOUT'],
    ['an error without a code', new Error('hunter2'), 'no answer'],
    ['an error whose code is no text', Object.assign(new Error('a'), { code: 7 }), 'no answer'],
    ['something else', 'hunter2', 'no answer'],
  ])('is told by the code of %s alone', (_, error, code) => {
    expect(classifyNetworkError(application, { server }, error)).toEqual({
      kind: 'unreachable',
      attempt: application,
      server,
      code,
    });
  });

  test('is a silent one where a stream was given up for its silence', () => {
    expect(classifyNetworkError(application, { server }, new GivenUpError('silence'))).toEqual({
      kind: 'silent',
      attempt: application,
      server,
    });
  });
});
