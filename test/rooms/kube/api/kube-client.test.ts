import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import type { AgentError } from '../../../../agent/errors/agent-error.ts';
import { createKubeTransport } from '../../../../agent/kube/api/create-kube-transport.ts';
import { createKubeClient } from '../../../../agent/kube/api/kube-client.ts';
import { readAnswer } from '../../../../agent/kube/api/read-answer.ts';
import { applicationType, secretType } from '../../../../agent/kube/api/resource-type.ts';
import type { WatchMessage } from '../../../../agent/kube/api/watch-objects.ts';
import { systemTime } from '../../../../agent/time/system-time.ts';
import type { Time } from '../../../../agent/time/time.ts';
import { VirtualTime } from '../../../data/fakes/virtual-time.ts';
import { eventually } from '../open-cluster.ts';
import { type ScriptedAnswer, sendJson, startScriptedApi } from './start-scripted-api.ts';

const { signal } = new AbortController();
const target = { type: secretType, namespace: 'kyma-system', name: 'one' };
const object = { kind: 'Secret', metadata: { name: 'one', resourceVersion: '1' } };
const expired = { kind: 'Status', status: 'Failure', reason: 'Expired', code: 410, message: 'too old' };
const quick = { resourceVersion: '1', serverTimeoutMs: 1_000, connectTimeoutMs: 1_000, silenceMs: 100 };

describe('the client of the API server', () => {
  const cleanups: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function start(answer: ScriptedAnswer, time: Time = systemTime) {
    const api = await startScriptedApi(answer);
    cleanups.push(api.stop);
    const transport = createKubeTransport(api.kubeconfigFile, time);
    const client = createKubeClient(transport, time);
    cleanups.push(async () => client.close());
    return { ...api, client, transport };
  }

  async function readWatch(messages: AsyncGenerator<WatchMessage, void>): Promise<WatchMessage[]> {
    const seen: WatchMessage[] = [];
    for await (const message of messages) seen.push(message);
    return seen;
  }

  test('follows every page of a list, and begins again when a page has expired', async () => {
    let expirations = 0;
    const { client, requests } = await start((request, response) => {
      const query = new URL(request.url ?? '', 'https://x').searchParams;
      if (query.get('continue') === 'next' && expirations === 0) {
        expirations += 1;
        sendJson(response, 410, expired);
      } else if (query.get('continue') === 'next') {
        sendJson(response, 200, { metadata: { resourceVersion: '7' }, items: ['c'] });
      } else {
        sendJson(response, 200, { metadata: { resourceVersion: '7', continue: 'next' }, items: ['a', 'b'] });
      }
    });
    const selection = { type: secretType, namespace: 'kyma-system', labelSelector: 'bundleId' };
    expect(await client.list(selection, 2, signal)).toEqual({ items: ['a', 'b', 'c'], resourceVersion: '7' });
    expect(requests).toHaveLength(4);
    expect(requests[3]).toBe('GET /api/v1/namespaces/kyma-system/secrets?labelSelector=bundleId&limit=2&continue=next');
  });

  test('waits as long as a busy API server asks, and gives up after some tries', async () => {
    let refusals = 2;
    const time = new VirtualTime();
    const { client, requests } = await start((_, response) => {
      refusals -= 1;
      if (refusals >= 0) sendJson(response, 429, {}, { 'Retry-After': '2' });
      else sendJson(response, 200, object);
    }, time);
    const waitPatiently = async (times: number) => {
      for (let count = 1; count <= times; count += 1) {
        await eventually(() => requests.length === count && time.pausesMs().includes(2_000), 'the client waits');
        await time.pass(2_000);
      }
    };
    const [answer] = await Promise.all([client.get(target, signal), waitPatiently(2)]);
    expect(answer).toEqual(object);
    refusals = 100;
    requests.splice(0);
    const [failure] = await Promise.all([
      client.get(target, signal).catch((error: unknown) => error),
      waitPatiently(3),
    ]);
    expect(failure).toMatchObject({
      reason: 'ClusterUnreachable',
      next: 'retry',
      retryAfterMs: 2_000,
    });
    expect(requests).toHaveLength(4);
  });

  test('loads its credentials again when they are no longer accepted', async () => {
    let accepted = 'first';
    const { client, setToken, requests } = await start((request, response) => {
      if (request.headers.authorization === `Bearer ${accepted}`) sendJson(response, 200, object);
      else sendJson(response, 401, { kind: 'Status', code: 401 });
    });
    expect(await client.get(target, signal)).toEqual(object);
    accepted = 'second';
    await setToken('second');
    expect(await client.get(target, signal)).toEqual(object);
    expect(requests).toHaveLength(3);
    accepted = 'third';
    const refusal = await client.get(target, signal).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ reason: 'PermissionMissing', next: 'wait' });
    expect(JSON.stringify(refusal) + String(refusal)).not.toContain('second');
  });

  test('sends a request again whose connection was closed while it was idle', async () => {
    let dropNext = false;
    const { client } = await start((request, response) => {
      if (dropNext) {
        dropNext = false;
        request.socket.destroy();
      } else sendJson(response, 200, object);
    });
    await client.get(target, signal);
    dropNext = true;
    expect(await client.get(target, signal)).toEqual(object);
  });

  test('tells a request without an answer by the code of the failure alone', async () => {
    const { client } = await start((request) => request.socket.destroy());
    await expect(client.get(target, signal)).rejects.toMatchObject({
      reason: 'ClusterUnreachable',
      next: 'retry',
      message: expect.stringMatching(/cannot be reached: ECONNRESET/),
    });
  });

  test('tells an answer that is cut off half-way by the code of the failure alone', async () => {
    const { client } = await start((request, response) => {
      response.writeHead(200, { 'Content-Length': '1000' }).write('{"kind":', () => request.socket.destroy());
    });
    await expect(client.get(target, signal)).rejects.toMatchObject({
      reason: 'ClusterUnreachable',
      message: expect.stringMatching(/cannot be reached: ECONNRESET/),
    });
  });

  test.each(['before it is read', 'while it is read'])(
    'ends an answer with the reason of an abort %s',
    async (when) => {
      const { transport } = await start((_, response) => {
        response.writeHead(200, { 'Content-Length': '1000' }).write('{"kind":');
      });
      const controller = new AbortController();
      const request = { method: 'GET', path: '/api', answer: 'whole', signal: controller.signal } as const;
      const answer = await transport.send(request);
      const read = () => expect(readAnswer(answer)).rejects.toThrow('enough');
      const reading = when === 'while it is read' ? read() : undefined;
      controller.abort(new Error('enough'));
      await nextTurn();
      await (reading ?? read());
    },
  );

  test('yields whole events however the bytes arrive, and ends with the stream', async () => {
    const { client, requests } = await start((_, response) => {
      const text = `${JSON.stringify({ type: 'ADDED', object })}\n${JSON.stringify({ type: 'BOOKMARK', object })}\n`;
      response.writeHead(200).flushHeaders();
      response.write(text.slice(0, 10));
      setImmediate(() => response.end(text.slice(10)));
    });
    const messages = await readWatch(client.watch({ type: applicationType, name: 'a' }, quick, signal));
    expect(messages).toEqual([{ type: 'OPEN' }, { type: 'ADDED', object }, { type: 'BOOKMARK', object }]);
    expect(requests).toEqual([
      'GET /apis/applicationconnector.kyma-project.io/v1alpha1/applications?fieldSelector=metadata.name%3Da&watch=true&allowWatchBookmarks=true&resourceVersion=1&timeoutSeconds=1',
    ]);
  });

  test('gives up a stream that is silent, and one that never answers', async () => {
    let answers = true;
    const { client } = await start((_, response) => {
      if (answers) response.writeHead(200).flushHeaders();
    });
    await expect(readWatch(client.watch({ type: applicationType }, quick, signal))).rejects.toMatchObject({
      reason: 'ClusterUnreachable',
      message: expect.stringContaining('silent connection'),
    });
    answers = false;
    const impatient = { ...quick, connectTimeoutMs: 50 };
    await expect(readWatch(client.watch({ type: applicationType }, impatient, signal))).rejects.toMatchObject({
      reason: 'ClusterUnreachable',
      message: expect.stringContaining('ETIMEDOUT'),
    });
  });

  test('tells an expired resource version, as status or as event', async () => {
    let asStatus = true;
    const { client } = await start((_, response) => {
      if (asStatus) sendJson(response, 410, expired);
      else response.writeHead(200).end(`${JSON.stringify({ type: 'ERROR', object: expired })}\n`);
    });
    const isGone = (error: unknown) => error;
    const read = () => readWatch(client.watch({ type: applicationType }, quick, signal)).catch(isGone);
    expect(await read()).toMatchObject({ details: { status: 410 } });
    asStatus = false;
    expect(await read()).toMatchObject({ details: { status: 410 } });
  });

  test('ends with the reason of an abort', async () => {
    const { client } = await start(() => undefined);
    const controller = new AbortController();
    const reading = client.get(target, controller.signal);
    controller.abort(new Error('enough'));
    await expect(reading).rejects.toThrow('enough');
  });

  test.each([
    ['an unknown group', 404, '404 page not found', 'CrdMissing'],
    ['a page of HTML', 502, '<html>', 'ClusterUnreachable'],
    ['an answer that is no JSON', 200, '<html>', 'ClusterUnreachable'],
    ['a quota', 403, JSON.stringify({ message: 'exceeded quota: small' }), 'Refused'],
    ['a missing right', 403, JSON.stringify({ message: 'User "a" cannot get resource "b"' }), 'PermissionMissing'],
    ['a missing object', 404, JSON.stringify({ details: { name: 'one' } }), 'NotFound'],
  ])('makes a named reason of %s', async (_, status, text, reason) => {
    const { client } = await start((_request, response) => response.writeHead(status).end(text));
    const error: AgentError = await client.get({ type: applicationType, name: 'one' }, signal).then(
      () => {
        throw new Error('answered');
      },
      (failure) => failure,
    );
    expect(error.reason).toBe(reason);
    expect(error.message).not.toContain('html');
  });
});
