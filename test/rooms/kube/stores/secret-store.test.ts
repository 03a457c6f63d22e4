import { describe, expect, test } from 'vitest';
import { createKubeClient } from '../../../../agent/kube/api/kube-client.ts';
import { decodeSecret, readSecret, upsertSecret } from '../../../../agent/kube/stores/secret-store.ts';
import { VirtualTime } from '../../../data/fakes/virtual-time.ts';
import { createFakeExchange, type FakeAnswer } from '../api/fake-exchange.ts';

const { signal } = new AbortController();
const ref = { namespace: 'kyma-system', name: 'one' };
const missing: FakeAnswer = { status: 404, body: { details: { name: 'one' } } };
const conflict: FakeAnswer = { status: 409, body: { reason: 'Conflict' } };

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function stored(data: Record<string, string> | undefined, resourceVersion = '7') {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { ...ref, resourceVersion, labels: { theirs: 'kept' } },
    type: 'Opaque',
    ...(data === undefined ? {} : { data }),
  };
}

/** Answers the requests one after the other. */
function start(...answers: FakeAnswer[]) {
  const exchange = createFakeExchange(() => answers.shift() ?? { status: 500 });
  const client = createKubeClient(exchange, new VirtualTime());
  const sent = () => exchange.requests.map(({ method }) => method);
  const body = (index: number): unknown => JSON.parse(exchange.requests[index]?.body ?? 'null');
  return { client, sent, body };
}

describe('keys of a Secret', () => {
  test('are set in one write over the version that was read, and all others stay', async () => {
    const { client, sent, body } = start(
      { status: 200, body: stored({ theirs: base64('kept'), old: base64('a'), same: base64('s') }) },
      { status: 200, body: stored({}) },
    );
    await upsertSecret(client, ref, { ours: 'Zażółć', old: undefined, same: 's' }, signal);
    expect(sent()).toEqual(['GET', 'PUT']);
    expect(body(1)).toEqual(stored({ theirs: base64('kept'), same: base64('s'), ours: base64('Zażółć') }));
  });

  test('make the Secret where there is none', async () => {
    const { client, sent, body } = start(missing, { status: 201, body: stored({}) });
    await upsertSecret(client, ref, { ours: 'a', gone: undefined }, signal);
    expect(sent()).toEqual(['GET', 'POST']);
    expect(body(1)).toEqual({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'one', namespace: 'kyma-system' },
      type: 'Opaque',
      data: { ours: base64('a') },
    });
  });

  test.each([
    ['the same', { a: base64('1'), b: base64('2') }, { a: '1' }],
    ['not there to be removed', { a: base64('1') }, { b: undefined }],
    ['none, and nothing is set', undefined, {}],
  ])('are not written when they are %s', async (_, data, values) => {
    const { client, sent } = start({ status: 200, body: stored(data) });
    await upsertSecret(client, ref, values, signal);
    expect(sent()).toEqual(['GET']);
  });

  test.each([
    ['another value', { a: base64('1') }, { a: '2' }],
    ['a key more', { a: base64('1') }, { b: '2' }],
    ['a key less', { a: base64('1'), b: base64('2') }, { b: undefined }],
    ['another key in place of one', { a: base64('1') }, { a: undefined, b: '1' }],
  ])('are written when there is %s', async (_, data, values) => {
    const { client, sent } = start({ status: 200, body: stored(data) }, { status: 200, body: stored({}) });
    await upsertSecret(client, ref, values, signal);
    expect(sent()).toEqual(['GET', 'PUT']);
  });

  test.each([
    ['changed', { status: 200, body: stored({}) }, conflict],
    ['deleted', { status: 200, body: stored({}) }, missing],
    ['made', missing, { status: 409, body: { reason: 'AlreadyExists' } }],
  ])('are written again when somebody else %s the Secret in between', async (_, read, refusal) => {
    const again = stored({ theirs: base64('new') }, '8');
    const { client, sent, body } = start(read, refusal, { status: 200, body: again }, { status: 200, body: again });
    await upsertSecret(client, ref, { ours: 'a' }, signal);
    expect(sent()).toHaveLength(4);
    expect(body(3)).toEqual(stored({ theirs: base64('new'), ours: base64('a') }, '8'));
  });

  test('are given up after five tries', async () => {
    const tries = Array.from({ length: 6 }, () => [{ status: 200, body: stored({}) }, conflict]).flat();
    const { client, sent } = start(...tries);
    await expect(upsertSecret(client, ref, { ours: 'a' }, signal)).rejects.toMatchObject({ reason: 'Conflict' });
    expect(sent()).toHaveLength(10);
  });

  test.each([
    ['a refusal', { status: 200, body: stored({}) }, { status: 403 }, 'PermissionMissing'],
    ['a namespace that is missing', missing, { status: 404, body: { details: { name: 'kyma-system' } } }, 'NotFound'],
  ])('are not tried again after %s', async (_, read, refusal, reason) => {
    const { client, sent } = start(read, refusal);
    await expect(upsertSecret(client, ref, { ours: 'a' }, signal)).rejects.toMatchObject({ reason });
    expect(sent()).toHaveLength(2);
  });
});

test('a Secret is read live, and its values as text', async () => {
  const { client } = start({ status: 200, body: stored({ a: base64('Zażółć'), b: '' }) }, missing, { status: 403 });
  const secret = await readSecret(client, ref, signal);
  expect(secret === undefined ? undefined : decodeSecret(secret)).toEqual({ a: 'Zażółć', b: '' });
  expect(await readSecret(client, ref, signal)).toBeUndefined();
  await expect(readSecret(client, ref, signal)).rejects.toMatchObject({ reason: 'PermissionMissing' });
  expect(decodeSecret({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'one' } })).toEqual({});
});
