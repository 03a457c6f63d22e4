import { describe, expect, test } from 'vitest';
import type { SecretResource } from '../../../../agent/domain/resources.ts';
import { createKubeClient } from '../../../../agent/kube/api/kube-client.ts';
import { createObjectWriter } from '../../../../agent/kube/stores/object-writer.ts';
import { secretKind } from '../../../../agent/kube/stores/parse-object.ts';
import { VirtualTime } from '../../../data/fakes/virtual-time.ts';
import { createFakeExchange, type FakeAnswer } from '../api/fake-exchange.ts';
import { createFakeSource } from '../fake-source.ts';

const { signal } = new AbortController();
const place = { namespace: 'kyma-system', name: 'one' };

function secret(metadata: Partial<SecretResource['metadata']> = {}): SecretResource {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { ...place, ...metadata }, data: { key: 'dmFsdWU=' } };
}

function start(answer: FakeAnswer, stored: readonly SecretResource[] = []) {
  const exchange = createFakeExchange(() => answer);
  const source = createFakeSource(stored);
  const writer = createObjectWriter(createKubeClient(exchange, new VirtualTime()), secretKind, source);
  const sent = () =>
    exchange.requests.map(({ method, path, body = '{}' }) => ({
      request: `${method} ${path}`,
      body: JSON.parse(body),
    }));
  return { writer, source, sent };
}

describe('the writer of objects', () => {
  test('creates, and lets the source know what the API server made of it', async () => {
    const made = secret({ uid: 'uid-1', resourceVersion: '7' });
    const { writer, source, sent } = start({ status: 201, body: made });
    expect(await writer.create(secret(), signal)).toEqual(made);
    expect(source.objects.get('one')).toEqual(made);
    expect(sent()).toEqual([{ request: 'POST /api/v1/namespaces/kyma-system/secrets', body: secret() }]);
  });

  test('updates the version that was read, at its place or that of its status', async () => {
    const read = secret({ resourceVersion: '7' });
    const { writer, source, sent } = start({ status: 200, body: secret({ resourceVersion: '8' }) });
    await writer.update(read, signal);
    await writer.update(read, signal, 'status');
    const path = 'PUT /api/v1/namespaces/kyma-system/secrets/one';
    expect(sent()).toEqual([
      { request: path, body: read },
      { request: `${path}/status`, body: read },
    ]);
    expect(source.objects.get('one')?.metadata.resourceVersion).toBe('8');
  });

  test('leaves to the API server who set which fields', async () => {
    const read = secret({ resourceVersion: '7' });
    const { writer, sent } = start({ status: 200, body: read });
    await writer.update({ ...read, metadata: { ...read.metadata, managedFields: [{ manager: 'kubectl' }] } }, signal);
    expect(sent()[0]?.body).toEqual(read);
  });

  test('writes over nothing that it has not read', async () => {
    const { writer, sent } = start({ status: 200, body: secret() });
    await expect(writer.update(secret(), signal)).rejects.toMatchObject({
      reason: 'Conflict',
      message: 'secrets kyma-system/one was changed by somebody else at the same time',
    });
    expect(sent()).toEqual([]);
  });

  test('deletes one state of an object, and nothing that was made anew', async () => {
    const { writer, source, sent } = start({ status: 200, body: { kind: 'Status' } }, [secret()]);
    await writer.remove(place, { uid: 'uid-1', resourceVersion: '7' }, signal);
    expect(sent()).toEqual([
      {
        request: 'DELETE /api/v1/namespaces/kyma-system/secrets/one',
        body: {
          apiVersion: 'v1',
          kind: 'DeleteOptions',
          preconditions: { uid: 'uid-1', resourceVersion: '7' },
          propagationPolicy: 'Background',
        },
      },
    ]);
    expect(source.objects.size).toBe(0);
  });

  test('takes what is gone already for deleted', async () => {
    const { writer, source } = start({ status: 404, body: { code: 404, details: { name: 'one' } } }, [secret()]);
    await writer.remove(place, { uid: 'uid-1' }, signal);
    expect(source.objects.size).toBe(0);
  });

  test.each([
    ['gone when the answer is the object as it was', secret(), 0],
    ['gone when no finalizer is left', secret({ finalizers: [] }), 0],
    ['there as long as finalizers keep it', secret({ finalizers: ['example.com/a'] }), 1],
  ])('takes an object for %s', async (_, body, left) => {
    const { writer, source } = start({ status: 200, body }, [secret()]);
    await writer.remove(place, { uid: 'uid-1' }, signal);
    expect(source.objects.size).toBe(left);
  });

  test('passes on a refusal, and the source keeps what it had', async () => {
    const { writer, source } = start({ status: 409, body: { code: 409, reason: 'Conflict' } }, [secret()]);
    await expect(writer.remove(place, { uid: 'other' }, signal)).rejects.toMatchObject({ reason: 'Conflict' });
    expect(source.objects.size).toBe(1);
  });
});
