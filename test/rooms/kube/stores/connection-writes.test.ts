import { describe, expect, test } from 'vitest';
import { annotations } from '../../../../agent/domain/annotations.ts';
import type { ConnectionStatus } from '../../../../agent/domain/connection-status.ts';
import { requestKinds } from '../../../../agent/domain/request-kinds.ts';
import { createKubeClient } from '../../../../agent/kube/api/kube-client.ts';
import { openConnectionStore } from '../../../../agent/kube/open-connection-store.ts';
import { createConnectionStore, toConnectionFingerprint } from '../../../../agent/kube/stores/connection-store.ts';
import type { StoredConnection } from '../../../../agent/kube/stores/parse-object.ts';
import { recordLog } from '../../../data/builders/record-log.ts';
import { VirtualTime } from '../../../data/fakes/virtual-time.ts';
import { createFakeExchange, type FakeAnswer } from '../api/fake-exchange.ts';
import { createFakeSource } from '../fake-source.ts';

const { signal } = new AbortController();
const spec = { managementInfo: { directorUrl: '', connectorUrl: '' } };
const status: ConnectionStatus = { connectionState: 'Connected', connectionStatus: { certificateStatus: {} } };
const group = '/apis/compass.kyma-project.io/v1alpha1';
const object = `${group}/compassconnections/compass-connection`;

function stored(resourceVersion: string, change: Partial<StoredConnection> = {}): StoredConnection {
  return {
    apiVersion: 'compass.kyma-project.io/v1alpha1',
    kind: 'CompassConnection',
    metadata: { name: 'compass-connection', uid: 'uid-1', resourceVersion },
    spec,
    ...change,
  };
}

function served(...names: string[]): FakeAnswer {
  return { status: 200, body: { resources: names.map((name) => ({ name })) } };
}

const ours = served('compassconnections', 'compassconnections/status');
const shipped = served('compassconnections');
const conflict: FakeAnswer = { status: 409, body: { reason: 'Conflict' } };
const missing: FakeAnswer = { status: 404, body: { details: { name: 'compass-connection' } } };
const answer = (body: object): FakeAnswer => ({ status: 200, body });

/** A store whose source holds the objects; the answers are given one after the other. */
function start(objects: readonly StoredConnection[], ...answers: FakeAnswer[]) {
  const exchange = createFakeExchange(() => answers.shift() ?? { status: 500 });
  const source = createFakeSource(objects);
  const log = recordLog();
  const store = createConnectionStore(createKubeClient(exchange, new VirtualTime()), source, log);
  const sent = () => exchange.requests.map(({ method, path }) => `${method} ${path}`);
  const body = (index: number): unknown => JSON.parse(exchange.requests[index]?.body ?? 'null');
  return { store, source, log, sent, body };
}

describe('a write of the CompassConnection', () => {
  test('carries the version that was read, and is read afresh after a conflict', async () => {
    const theirs = stored('8', { metadata: { name: 'compass-connection', resourceVersion: '8', labels: { a: 'b' } } });
    const { store, source, sent, body } = start([stored('7')], ours, conflict, answer(theirs), answer(stored('9')));
    await store.update({ annotations: { ours: 'set' } }, signal);
    expect(sent()).toEqual([`GET ${group}`, `PUT ${object}`, `GET ${object}`, `PUT ${object}`]);
    expect(body(1)).toMatchObject({ metadata: { resourceVersion: '7' } });
    expect(body(3)).toEqual({ ...theirs, metadata: { ...theirs.metadata, annotations: { ours: 'set' } } });
    // So that a request in it is heard of, though the watch will not tell it.
    expect(source.noted.map(({ metadata }) => metadata.resourceVersion)).toEqual(['7', '8']);
  });

  test('is given up after five conflicts', async () => {
    const rounds = Array.from({ length: 5 }, () => [conflict, answer(stored('7'))]).flat();
    const { store, sent } = start([stored('7')], ours, ...rounds);
    await expect(store.update({ annotations: { ours: 'set' } }, signal)).rejects.toMatchObject({ reason: 'Conflict' });
    expect(sent().filter((request) => request.startsWith('PUT'))).toHaveLength(5);
  });

  test('is not tried again after another failure', async () => {
    const { store, sent } = start([stored('7')], ours, { status: 403 });
    await expect(store.update({ annotations: { a: 'b' } }, signal)).rejects.toMatchObject({
      reason: 'PermissionMissing',
    });
    expect(sent()).toHaveLength(2);
  });

  test('of an object that is gone fails by its name, at first or after a conflict', async () => {
    const message = 'There is no compassconnections.compass.kyma-project.io compass-connection';
    const none = start([], ours);
    await expect(none.store.update({ annotations: { a: 'b' } }, signal)).rejects.toMatchObject({
      reason: 'NotFound',
      message,
    });
    const lost = start([stored('7')], ours, conflict, missing);
    await expect(lost.store.update({ annotations: { a: 'b' } }, signal)).rejects.toMatchObject({ message });
  });

  test('is left out when nothing changes', async () => {
    const present = stored('7', { status: { ...status } });
    const { store, sent } = start([present], ours);
    await store.update({ spec, annotations: { absent: null } }, signal);
    await store.writeStatus(status, signal);
    await store.update({}, signal);
    expect(sent()).toEqual([`GET ${group}`]);
    const onShipped = start([present], shipped);
    await onShipped.store.writeStatus(status, signal);
    expect(onShipped.sent()).toEqual([`GET ${group}`]);
  });
});

describe('the status', () => {
  test('goes to the subresource of our CRD', async () => {
    const { store, sent, log } = start([stored('7')], ours, answer(stored('8', { status: { ...status } })));
    expect((await store.writeStatus(status, signal)).status).toEqual(status);
    expect(sent()).toEqual([`GET ${group}`, `PUT ${object}/status`]);
    expect(log.lines()).toEqual([]);
  });

  test.each([missing, { status: 404, body: {} }])(
    'is written plainly when the subresource has gone with an exchange of the CRD (%o)',
    async (gone) => {
      const written = answer(stored('8', { status: { ...status } }));
      const { store, sent } = start([stored('7')], ours, gone, shipped, written);
      await store.writeStatus({ ...status, lastSync: 'now' }, signal);
      expect(sent()).toEqual([`GET ${group}`, `PUT ${object}/status`, `GET ${group}`, `PUT ${object}`]);
    },
  );

  test('that cannot be written although the CRD is ours fails', async () => {
    const { store, sent } = start([stored('7')], ours, missing, ours);
    await expect(store.writeStatus(status, signal)).rejects.toMatchObject({ reason: 'NotFound' });
    expect(sent()).toHaveLength(3);
  });

  test('is written again to the subresource when a plain update left it alone', async () => {
    const { store, sent, body } = start(
      [stored('7')],
      shipped,
      answer(stored('8')),
      ours,
      answer(stored('9', { status: { ...status } })),
    );
    await store.writeStatus({ ...status, lastSync: 'now' }, signal);
    expect(sent()).toEqual([`GET ${group}`, `PUT ${object}`, `GET ${group}`, `PUT ${object}/status`]);
    expect(body(3)).toMatchObject({ metadata: { resourceVersion: '8' }, status: { lastSync: 'now' } });
  });

  test('is let be when the CRD of the Go agent itself changed it', async () => {
    const { store, sent, log } = start([stored('7')], shipped, answer(stored('8')), shipped);
    await store.writeStatus(status, signal);
    expect(sent()).toHaveLength(3);
    expect(log.lines()).toHaveLength(1);
  });
});

describe('the form of the CRD', () => {
  test('is asked for once, and that of the Go agent told once', async () => {
    const written = answer(stored('8', { status: { ...status } }));
    const { store, sent, log } = start([stored('7')], shipped, written, written);
    await store.writeStatus(status, signal);
    await store.update({ spec: { suspend: true } }, signal);
    expect(sent().filter((request) => request === `GET ${group}`)).toHaveLength(1);
    expect(log.lines()).toEqual([
      expect.stringMatching(/^warn The CompassConnection CRD is the one of the Go agent: /),
    ]);
  });

  test.each([{ status: 404 }, served('others'), answer({}), answer({ resources: [{}, 7] })])(
    'is not known without the CRD: %o',
    async (discovery) => {
      const { store } = start([stored('7')], discovery);
      await expect(store.writeStatus(status, signal)).rejects.toMatchObject({
        reason: 'CrdMissing',
        message: 'The CustomResourceDefinition compassconnections.compass.kyma-project.io is not installed',
      });
    },
  );
});

describe('a creation', () => {
  test('needs no form where nothing depends on it', async () => {
    const { store, sent, body } = start([], answer(stored('1')));
    await store.create(spec, signal);
    expect(sent()).toEqual([`POST ${group}/compassconnections`]);
    expect(body(0)).toEqual({ ...stored('1'), metadata: { name: 'compass-connection' } });
  });

  test.each([
    [ours, { spec: { ...spec, suspend: true }, metadata: { name: 'compass-connection' } }],
    [shipped, { spec, metadata: { name: 'compass-connection', annotations: { [annotations.suspend]: 'true' } } }],
  ])('suspends in the form of the CRD', async (discovery, created) => {
    const { store, body } = start([], discovery, answer(stored('1')));
    await store.create({ ...spec, suspend: true }, signal);
    expect(body(1)).toMatchObject(created);
  });
});

test('what others can change has a fingerprint, and what the agent writes leaves it as it is', () => {
  const metadata = { name: 'compass-connection', uid: 'uid-1', annotations: { b: '1', a: '2' } };
  const before = toConnectionFingerprint(stored('1', { metadata }));
  const echoes = { [requestKinds.sync.echoAnnotation]: 'x', [requestKinds.renew.echoAnnotation]: 'y' };
  const own = { ...metadata, resourceVersion: '2', annotations: { a: '2', ...echoes, b: '1' } };
  expect(toConnectionFingerprint(stored('2', { metadata: own, status: { ...status } }))).toBe(before);
  for (const change of [
    { metadata: { ...metadata, uid: 'uid-2' } },
    { metadata: { ...metadata, deletionTimestamp: 'now' } },
    { metadata: { ...metadata, annotations: { b: '1', a: '3' } } },
    { metadata: { ...metadata, annotations: { b: '1' } } },
    { metadata, spec: { ...spec, resyncNow: true } },
  ]) {
    expect(toConnectionFingerprint(stored('1', change))).not.toBe(before);
  }
  expect(toConnectionFingerprint(undefined)).toBe('');
});

test('a command reads the CompassConnection live each time', async () => {
  const answers = [answer(stored('7')), missing];
  const exchange = createFakeExchange(() => answers.shift() ?? { status: 500 });
  const store = openConnectionStore({ exchange, log: recordLog(), time: new VirtualTime() });
  expect(await store.read(signal)).toMatchObject({ metadata: { resourceVersion: '7' }, spec });
  expect(await store.read(signal)).toBeUndefined();
  expect(exchange.requests.map(({ path }) => path)).toEqual([object, object]);
});
