import { describe, expect, test } from 'vitest';
import { createKubeClient } from '../../../../agent/kube/api/kube-client.ts';
import { createEventRecorder } from '../../../../agent/kube/stores/create-event-recorder.ts';
import type { RecordedEvent } from '../../../../agent/kube/stores/event-series.ts';
import type { SystemEvent } from '../../../../agent/status/to-system-events.ts';
import { recordLog } from '../../../data/builders/record-log.ts';
import { VirtualTime } from '../../../data/fakes/virtual-time.ts';
import { createFakeExchange, type FakeAnswer } from '../api/fake-exchange.ts';

const connected: RecordedEvent = { type: 'Normal', reason: 'Connected', message: 'The runtime is connected.' };
const numbered = (index: number): RecordedEvent => ({ ...connected, message: String(index) });
const onApplication = (index: number): SystemEvent => ({
  ...numbered(index),
  application: { name: `mp-${index}`, uid: `uid-${index}` },
});
const forbidden: FakeAnswer = { status: 403 };
const conflict: FakeAnswer = { status: 409, body: { reason: 'Conflict' } };
const written = (resourceVersion: string): FakeAnswer => ({ status: 201, body: { metadata: { resourceVersion } } });

/** Answers the requests one after the other, and all further ones with success. */
function start(...answers: (FakeAnswer | Promise<FakeAnswer>)[]) {
  const time = new VirtualTime();
  const exchange = createFakeExchange(() => answers.shift() ?? written('9'));
  const stop = new AbortController();
  const log = recordLog();
  const events = createEventRecorder(
    {
      client: createKubeClient(exchange, time),
      readUid: () => 'uid-1',
      instance: 'pod-1',
      time,
      random: () => 0,
      log,
      forbiddenMs: { first: 10_000, most: 30_000 },
    },
    stop.signal,
  );
  const sent = () =>
    exchange.requests.map(({ method, body = '' }) => {
      const { metadata, count, message } = JSON.parse(body);
      return { method, name: metadata.name, version: metadata.resourceVersion, count, message };
    });
  return { time, events, stop, log, sent, exchange };
}

describe('Events', () => {
  test('are created once, and counted up in the version that was written last', async () => {
    const { events, sent, time } = start(written('7'), written('8'));
    for (let count = 0; count < 3; count += 1) events.record(connected);
    await events.flush();
    const name = `compass-connection.${time.now().getTime().toString(16)}0`;
    const { message } = connected;
    expect(sent()).toEqual([
      { method: 'POST', name, version: undefined, count: 1, message },
      { method: 'PUT', name, version: '7', count: 2, message },
      { method: 'PUT', name, version: '8', count: 3, message },
    ]);
  });

  test.each([
    ['gone', { status: 404, body: { details: { name: 'x' } } }],
    ['changed by somebody else', conflict],
  ])('that are %s begin a new series', async (_, refusal) => {
    const { events, sent, time } = start(written('7'), refusal);
    events.record(connected);
    await events.flush();
    await time.pass(5);
    events.record(connected);
    events.record(connected);
    await events.flush();
    expect(sent().map(({ method, count }) => `${method} ${count}`)).toEqual(['POST 1', 'PUT 2', 'POST 1', 'PUT 2']);
    expect(sent()[3]?.name).toBe(sent()[2]?.name);
    expect(sent()[2]?.name).not.toBe(sent()[0]?.name);
  });

  test('begin a new series half an hour later', async () => {
    const { events, sent, time } = start();
    events.record(connected);
    await events.flush();
    await time.pass(1_800_000);
    events.record(connected);
    await events.flush();
    expect(sent().map(({ method }) => method)).toEqual(['POST', 'POST']);
  });

  test('are written one after the other, and beyond a hundred that wait they are dropped', async () => {
    const first = Promise.withResolvers<FakeAnswer>();
    const { events, sent } = start(first.promise);
    for (let index = 0; index < 150; index += 1) events.record(numbered(index));
    await new Promise(setImmediate);
    expect(sent()).toHaveLength(1);
    first.resolve(written('1'));
    await events.flush();
    expect(sent().map(({ message }) => message)).toEqual(Array.from({ length: 100 }, (_, index) => String(index)));
    events.record(numbered(150));
    await events.flush();
    expect(sent()).toHaveLength(101);
  });

  test('that fail are told once, until one is written again', async () => {
    const { events, log, time } = start({ status: 500 }, { status: 500 }, written('7'), { status: 500 });
    for (let index = 0; index < 4; index += 1) events.record(numbered(index));
    await events.flush();
    expect(log.lines()).toEqual(
      Array(2).fill(
        'warn An Event could not be written: The API server failed to create events default/ (500)'.replace(
          'default/',
          `default/compass-connection.${time.now().getTime().toString(16)}0`,
        ),
      ),
    );
    expect(events.limitation()).toBeUndefined();
  });

  test('that may not be written are a limitation, and tried again less and less often until it is granted', async () => {
    const { events, log, sent, time } = start(...Array(5).fill(forbidden));
    events.record(connected);
    await time.pass(0);
    expect(events.limitation()).toMatch(/^The agent may not create events .* in namespace default, so no Events tell /);
    const pauses: number[] = [];
    while (events.limitation() !== undefined) {
      const pauseMs = time.pausesMs()[0] ?? 0;
      pauses.push(pauseMs);
      await time.pass(pauseMs);
    }
    expect(pauses).toEqual([10_000, 20_000, 30_000, 30_000, 30_000]);
    expect(sent()).toHaveLength(6);
    expect(log.lines()).toHaveLength(1);
    expect(time.pausesMs()).toEqual([]);
  });

  test('that may not be written have one series of tries, however many they are', async () => {
    const { events, sent, time } = start(...Array(4).fill(forbidden));
    events.record(numbered(1));
    events.record(numbered(2));
    await time.pass(0);
    expect(time.pausesMs()).toEqual([10_000]);
    await time.pass(10_000);
    expect(sent().map(({ message }) => message)).toEqual(['1', '2', '2']);
  });

  test('on Applications are limited, and the rest is counted in one Event on the CompassConnection', async () => {
    const { events, sent, exchange } = start();
    events.recordOnSystems(Array.from({ length: 1_000 }, (_, index) => onApplication(index)));
    await events.flush();
    expect(sent()).toHaveLength(51);
    const objects = exchange.requests.map(({ body = '' }) => JSON.parse(body).involvedObject);
    expect(objects[49]).toMatchObject({ kind: 'Application', name: 'mp-49', uid: 'uid-49' });
    expect(objects[50]).toMatchObject({ kind: 'CompassConnection', uid: 'uid-1' });
    expect(sent()[50]?.message).toMatch(/^950 further Events .*\(950 Connected\)/);
    events.record(connected);
    await events.flush();
    expect(sent()).toHaveLength(52);
  });

  test('on Applications are neither tried nor kept while Events may not be written', async () => {
    const { events, sent, time, log } = start(forbidden, forbidden);
    events.recordOnSystems([0, 1, 2].map(onApplication));
    await time.pass(0);
    expect(sent().map(({ message }) => message)).toEqual(['0']);
    await time.pass(10_000);
    events.recordOnSystems([onApplication(3)]);
    await time.pass(20_000);
    expect(sent().map(({ message }) => message)).toEqual(['0', '0', '0']);
    events.recordOnSystems([onApplication(4)]);
    await events.flush();
    expect(sent().at(-1)?.message).toBe('4');
    expect(log.lines()).toHaveLength(1);
  });

  test('end with the signal: none is taken, tried again or told of', async () => {
    const { events, stop, sent, time, log, exchange } = start(forbidden, new Promise(() => undefined));
    events.record(connected);
    await time.pass(10_000);
    stop.abort();
    events.record(numbered(1));
    await events.flush();
    await time.pass(600_000);
    expect(sent()).toHaveLength(2);
    expect(exchange.requests[1]?.signal.aborted).toBe(true);
    expect(log.lines()).toHaveLength(1);
    expect(time.pausesMs()).toEqual([]);
  });
});
