import { describe, expect, test } from 'vitest';
import { createKubeClient } from '../../../../agent/kube/api/kube-client.ts';
import { applicationType, secretType } from '../../../../agent/kube/api/resource-type.ts';
import type { WatchMessage } from '../../../../agent/kube/api/watch-objects.ts';
import { VirtualTime } from '../../../data/fakes/virtual-time.ts';
import { createFakeExchange, type FakeAnswer } from './fake-exchange.ts';

const { signal: never } = new AbortController();
const target = { type: secretType, namespace: 'kyma-system', name: 'one' };
const object = { kind: 'Secret', metadata: { name: 'one', resourceVersion: '1' } };
const limits = { resourceVersion: '1', serverTimeoutMs: 300_000, connectTimeoutMs: 15_000, silenceMs: 120_000 };

function start(answer: Parameters<typeof createFakeExchange>[0]) {
  const time = new VirtualTime();
  const exchange = createFakeExchange(answer);
  return { time, exchange, client: createKubeClient(exchange, time) };
}

function silence(): Promise<never> {
  return new Promise(() => undefined);
}

/** The outcome of a promise, as soon as there is one. */
function observe(promise: Promise<unknown>): { outcome: unknown } {
  const observed: { outcome: unknown } = { outcome: 'pending' };
  promise.then(
    (value) => {
      observed.outcome = value;
    },
    (error: unknown) => {
      observed.outcome = error;
    },
  );
  return observed;
}

async function readWatch(messages: AsyncGenerator<WatchMessage, void>): Promise<WatchMessage[]> {
  const seen: WatchMessage[] = [];
  for await (const message of messages) seen.push(message);
  return seen;
}

describe('a request', () => {
  test.each([
    ['an object', 15_000, (client: ReturnType<typeof createKubeClient>) => client.get(target, never)],
    ['a page of a list', 60_000, (client: ReturnType<typeof createKubeClient>) => client.list(target, 500, never)],
  ])('for %s is given up when there is no answer for %i ms', async (_, limitMs, ask) => {
    const { time, exchange, client } = start(silence);
    const observed = observe(ask(client));
    await time.pass(limitMs - 1);
    expect(observed.outcome).toBe('pending');
    await time.pass(1);
    expect(observed.outcome).toMatchObject({
      reason: 'ClusterUnreachable',
      message: expect.stringContaining('ETIMEDOUT'),
    });
    expect(exchange.requests[0]?.signal.aborted).toBe(true);
  });

  test('is given up too when its answer stops half-way', async () => {
    const { time, client } = start(() => ({
      status: 200,
      body: (async function* () {
        yield '{"kind":';
        await silence();
      })(),
    }));
    const observed = observe(client.get(target, never));
    await time.pass(15_000);
    expect(observed.outcome).toMatchObject({ message: expect.stringContaining('ETIMEDOUT') });
  });

  test('leaves no timer behind, whether it is answered, refused or aborted', async () => {
    const answers: FakeAnswer[] = [{ status: 200, body: object }, { status: 403 }];
    const { time, client } = start(() => answers.shift() ?? silence());
    expect(await client.get(target, never)).toEqual(object);
    await expect(client.get(target, never)).rejects.toMatchObject({ reason: 'PermissionMissing' });
    const controller = new AbortController();
    const aborted = client.get(target, controller.signal);
    controller.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    await time.pass(0);
    expect(time.pausesMs()).toEqual([]);
  });

  test('is sent again after the pause that the API server asks for, but waits ten seconds at most', async () => {
    const busy: FakeAnswer = { status: 429, headers: { 'retry-after': '3600' } };
    const { time, exchange, client } = start(() =>
      exchange.requests.length < 3 ? busy : { status: 200, body: object },
    );
    const observed = observe(client.get(target, never));
    await time.pass(9_999);
    expect(exchange.requests).toHaveLength(1);
    await time.pass(1);
    expect(exchange.requests).toHaveLength(2);
    await time.pass(10_000);
    expect(observed.outcome).toEqual(object);
  });

  test('is given up after four tries at a busy API server', async () => {
    const { time, exchange, client } = start(() => ({ status: 429, headers: { 'retry-after': '1' } }));
    const observed = observe(client.get(target, never));
    await time.pass(3_000);
    expect(observed.outcome).toMatchObject({ reason: 'ClusterUnreachable', retryAfterMs: 1_000 });
    expect(exchange.requests).toHaveLength(4);
  });

  test.each([
    ['says nothing', {}],
    ['names a date', { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' }],
    ['names a time that is past', { 'retry-after': '-1' }],
  ])('is not sent again when a busy API server %s', async (_, headers) => {
    const { exchange, client } = start(() => ({ status: 429, headers }));
    await expect(client.get(target, never)).rejects.toMatchObject({
      reason: 'ClusterUnreachable',
      retryAfterMs: undefined,
    });
    expect(exchange.requests).toHaveLength(1);
  });

  test('ends with the reason of an abort that comes in such a pause', async () => {
    const { time, exchange, client } = start(() => ({ status: 429, headers: { 'retry-after': '5' } }));
    const controller = new AbortController();
    const observed = observe(client.get(target, controller.signal));
    await time.pass(1_000);
    controller.abort(new Error('enough'));
    await time.pass(0);
    expect(observed.outcome).toMatchObject({ message: 'enough' });
    expect(exchange.requests).toHaveLength(1);
  });
});

describe('a watch', () => {
  test('is given up when it is not open in time', async () => {
    const { time, exchange, client } = start(silence);
    const observed = observe(readWatch(client.watch({ type: applicationType }, limits, never)));
    await time.pass(14_999);
    expect(observed.outcome).toBe('pending');
    await time.pass(1);
    expect(observed.outcome).toMatchObject({ message: expect.stringContaining('ETIMEDOUT') });
    expect(exchange.idleClosings()).toBe(0);
  });

  test('is given up by its silence alone, however long it lives, and the kept connections with it', async () => {
    const { time, exchange, client } = start(() => ({
      status: 200,
      body: (async function* () {
        for (let count = 0; count < 10; count += 1) {
          await time.sleepUntil(time.instant() + 100_000, never);
          yield `${JSON.stringify({ type: 'BOOKMARK', object })}\n`;
        }
        await silence();
      })(),
    }));
    const observed = observe(readWatch(client.watch({ type: applicationType }, limits, never)));
    await time.pass(1_000_000 + 119_999);
    expect(observed.outcome).toBe('pending');
    await time.pass(1);
    expect(observed.outcome).toMatchObject({ message: expect.stringContaining('silent connection') });
    expect(exchange.idleClosings()).toBe(1);
    expect(time.pausesMs()).toEqual([]);
  });

  test('ends its exchange when nobody reads on', async () => {
    const { time, exchange, client } = start(() => ({
      status: 200,
      body: (async function* () {
        yield `${JSON.stringify({ type: 'ADDED', object })}\n`;
        await silence();
      })(),
    }));
    for await (const message of client.watch({ type: applicationType }, limits, never)) {
      if (message.type === 'OPEN') break;
    }
    await time.pass(0);
    expect(exchange.requests[0]?.signal.aborted).toBe(true);
    expect(time.pausesMs()).toEqual([]);
  });
});
