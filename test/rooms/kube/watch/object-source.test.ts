import { describe, expect, test } from 'vitest';
import type { ObjectMeta } from '../../../../agent/domain/resources.ts';
import { createKubeClient } from '../../../../agent/kube/api/kube-client.ts';
import { KubeError } from '../../../../agent/kube/api/kube-error.ts';
import { secretType } from '../../../../agent/kube/api/resource-type.ts';
import { createLiveSource, createWatchedSource } from '../../../../agent/kube/watch/object-source.ts';
import { type CacheChange, ResourceCache } from '../../../../agent/kube/watch/resource-cache.ts';
import { VirtualTime } from '../../../data/fakes/virtual-time.ts';
import { createFakeExchange, type FakeAnswer } from '../api/fake-exchange.ts';

const { signal } = new AbortController();

interface Thing {
  metadata: ObjectMeta;
}

function thing(name: string, resourceVersion = '5'): Thing {
  return { metadata: { name, uid: `uid-${name}`, resourceVersion, labels: { bundleId: 'bundle' } } };
}

const selection = {
  type: secretType,
  namespace: 'kyma-system',
  labelSelector: 'bundleId',
  parse: (object: unknown): Thing => {
    const { metadata } = Object(object);
    return { metadata };
  },
};
const list: FakeAnswer = {
  status: 200,
  body: { metadata: { resourceVersion: '9' }, items: [thing('live-1'), thing('live-2')] },
};
const notFound: FakeAnswer = { status: 404, body: { code: 404, details: { name: 'gone' } } };

function startLive(answer: (path: string) => FakeAnswer) {
  const exchange = createFakeExchange(({ path }) => answer(path));
  const client = createKubeClient(exchange, new VirtualTime());
  const paths = () => exchange.requests.map(({ path }) => path);
  return { source: createLiveSource<Thing>(client, selection, 100), paths };
}

/** A watch whose standing the test decides. */
function startWatched(
  isCurrent: boolean,
  single: FakeAnswer = { status: 200, body: thing('live-1') },
  onSingle = () => {},
) {
  const standing = { isCurrent, settled: Promise.resolve() };
  const live = startLive((path) => {
    if (path.includes('?') && !path.includes('fieldSelector')) return list;
    onSingle();
    if (!path.includes('fieldSelector')) return single;
    const items = single.status === 200 ? [single.body] : [];
    return single.status === 403 ? single : { status: 200, body: { metadata: { resourceVersion: '9' }, items } };
  });
  const changes: CacheChange<Thing>[] = [];
  const cache = new ResourceCache<Thing>((change) => changes.push(change));
  cache.replace([thing('cached')]);
  changes.length = 0;
  const source = createWatchedSource<Thing>(
    {
      selection,
      cache,
      phase: () => 'synced',
      isCurrent: () => standing.isCurrent,
      settled: (waiting) => Promise.race([standing.settled, abortOf(waiting)]),
      limitation: () => undefined,
      ended: Promise.resolve(),
    },
    live.source,
  );
  return { source, standing, cache, changes, paths: live.paths };
}

function abortOf(waiting: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    waiting.addEventListener('abort', () => reject(waiting.reason), { once: true });
  });
}

/** The right to read an object by its name is granted for few. */
const listOf = (name: string) => `/api/v1/namespaces/kyma-system/secrets?fieldSelector=metadata.name%3D${name}&limit=1`;

const names = (things: readonly Thing[]) => things.map(({ metadata }) => metadata.name);

describe('a source that is read live', () => {
  test('asks the API server each time, for what the selection covers', async () => {
    const { source, paths } = startLive(() => list);
    expect(names(await source.list(signal))).toEqual(['live-1', 'live-2']);
    await source.list(signal);
    const path = '/api/v1/namespaces/kyma-system/secrets?labelSelector=bundleId&limit=100';
    expect(paths()).toEqual([path, path]);
  });

  test('asks for one object by its name, and has none where there is none', async () => {
    const { source, paths } = startLive((path) =>
      path.endsWith('/gone') ? notFound : { status: 200, body: thing('a') },
    );
    expect(await source.get('a', signal)).toEqual(thing('a'));
    expect(await source.get('gone', signal)).toBeUndefined();
    expect(paths()).toEqual([
      '/api/v1/namespaces/kyma-system/secrets/a',
      '/api/v1/namespaces/kyma-system/secrets/gone',
    ]);
  });

  test('passes on every other failure', async () => {
    const { source } = startLive(() => ({ status: 403 }));
    await expect(source.get('a', signal)).rejects.toMatchObject({ reason: 'PermissionMissing' });
    await expect(source.list(signal)).rejects.toMatchObject({ reason: 'PermissionMissing' });
  });

  test('waits for nothing, and lets writes pass', async () => {
    const { source, paths } = startLive(() => list);
    await source.settled(signal);
    expect(await source.write('a', async () => thing('a'))).toEqual(thing('a'));
    let removed = false;
    await source.remove('a', 'uid-a', async () => {
      removed = true;
      return undefined;
    });
    expect(removed).toBe(true);
    expect(paths()).toEqual([]);
  });
});

describe('a source that is watched', () => {
  test('gives what the watch keeps and asks nobody, while that follows the cluster', async () => {
    const { source, paths } = startWatched(true);
    expect(names(await source.list(signal))).toEqual(['cached']);
    expect(await source.get('cached', signal)).toEqual(thing('cached'));
    expect(await source.get('live-1', signal)).toBeUndefined();
    expect(paths()).toEqual([]);
  });

  test('is read live while the watch does not follow the cluster', async () => {
    const { source, standing, paths } = startWatched(false);
    expect(names(await source.list(signal))).toEqual(['live-1', 'live-2']);
    expect(await source.get('live-1', signal)).toEqual(thing('live-1'));
    expect(paths()).toHaveLength(2);
    standing.isCurrent = true;
    expect(names(await source.list(signal))).toEqual(['cached']);
    expect(paths()).toHaveLength(2);
  });

  test('decides only when the first list has come, or is known not to come', async () => {
    const { source, standing } = startWatched(false);
    const first = Promise.withResolvers<void>();
    standing.settled = first.promise;
    const listed = source.list(signal);
    const got = source.get('cached', signal);
    standing.isCurrent = true;
    first.resolve();
    expect(names(await listed)).toEqual(['cached']);
    expect(await got).toEqual(thing('cached'));
  });

  test('lets nobody wait longer than he wants', async () => {
    const { source, standing, paths } = startWatched(false);
    standing.settled = new Promise(() => undefined);
    const controller = new AbortController();
    const waits = [source.settled, source.list].map((read) => read(controller.signal));
    const reads = [...waits, source.get('cached', controller.signal)].map((read) =>
      expect(read).rejects.toThrow('enough'),
    );
    controller.abort(new Error('enough'));
    await Promise.all(reads);
    expect(paths()).toEqual([]);
  });

  test('shows what was written at once, and no longer what was removed', async () => {
    const { source, cache } = startWatched(true);
    await source.write('mine', async () => thing('mine', '7'));
    expect(await source.get('mine', signal)).toEqual(thing('mine', '7'));
    await source.remove('mine', 'uid-mine', async () => undefined);
    expect(await source.get('mine', signal)).toBeUndefined();
    expect(cache.wasDeletedByUs('uid-mine')).toBe(true);
  });

  test('asks what became of a write whose answer was lost, once, before anybody relies on it', async () => {
    const { source, changes, paths } = startWatched(true);
    const lost = () => Promise.reject(new Error('ECONNRESET'));
    await expect(source.write('live-1', lost)).rejects.toThrow('ECONNRESET');
    expect(names(await source.list(signal))).toEqual(['cached', 'live-1']);
    await expect(source.write('live-1', lost)).rejects.toThrow('ECONNRESET');
    expect(await source.get('live-1', signal)).toEqual(thing('live-1'));
    expect(await source.get('cached', signal)).toEqual(thing('cached'));
    await source.list(signal);
    expect(paths()).toEqual(Array(2).fill(listOf('live-1')));
    expect(changes).toEqual([]);
  });

  test('knows an object to be gone whose removal got no answer, and takes it for its own', async () => {
    const { source, cache, changes } = startWatched(true, notFound);
    await expect(source.remove('cached', 'uid-cached', () => Promise.reject(new Error('lost')))).rejects.toThrow();
    expect(await source.list(signal)).toEqual([]);
    expect(cache.wasDeletedByUs('uid-cached')).toBe(true);
    expect(changes).toEqual([]);
  });

  test('takes for its own no object that it was told by name alone, since the watch tells nothing of that', async () => {
    const { labels: _, ...unlabelled } = thing('cached').metadata;
    const watched = () => startWatched(true, { status: 200, body: { metadata: unlabelled } });
    const lost = () => Promise.reject(new Error('lost'));
    const created = watched();
    await expect(created.source.write('live-1', lost)).rejects.toThrow();
    expect(names(await created.source.list(signal))).toEqual(['cached']);
    expect(created.changes).toEqual([]);
    const removed = watched();
    await expect(removed.source.remove('cached', 'uid-cached', lost)).rejects.toThrow();
    expect(await removed.source.get('cached', signal)).toBeUndefined();
    expect(removed.changes).toMatchObject([{ kind: 'deleted', previous: thing('cached') }]);
    // With its label it is told again.
    removed.cache.apply({ type: 'ADDED', object: thing('cached', '6') });
    expect(await removed.source.get('cached', signal)).toEqual(thing('cached', '6'));
  });

  test('tells that others removed what a write without an answer was about', async () => {
    const { source, changes } = startWatched(true, notFound);
    await expect(source.write('cached', () => Promise.reject(new Error('lost')))).rejects.toThrow();
    expect(await source.get('cached', signal)).toBeUndefined();
    expect(changes).toMatchObject([{ kind: 'deleted', previous: thing('cached') }]);
  });

  test('asks nothing after a refusal, or when another write or a list has told since', async () => {
    const { source, cache, paths } = startWatched(true);
    const attempt = { verb: 'update', type: secretType } as const;
    const refused = () => Promise.reject(new KubeError({ kind: 'conflict', attempt }));
    const lost = () => Promise.reject(new KubeError({ kind: 'unreachable', attempt, server: 's', code: 'ECONNRESET' }));
    await expect(source.write('cached', refused)).rejects.toThrow();
    await expect(source.write('again', lost)).rejects.toThrow();
    await source.write('again', async () => thing('again'));
    await source.list(signal);
    expect(paths()).toEqual([]);
    await expect(source.write('cached', lost)).rejects.toThrow();
    cache.beginList();
    cache.replace([thing('cached')]);
    await source.list(signal);
    expect(paths()).toEqual([]);
  });

  test('asks what became of a write that was lost after a list had been asked for', async () => {
    const { source, cache, paths } = startWatched(true);
    cache.beginList();
    await expect(source.write('live-1', () => Promise.reject(new Error('lost')))).rejects.toThrow();
    cache.replace([]);
    expect(names(await source.list(signal))).toEqual(['live-1']);
    expect(paths()).toHaveLength(1);
  });

  test('asks by one list what became of many', async () => {
    const { source, paths } = startWatched(true);
    for (const index of Array(21).keys()) {
      await expect(source.write(`live-${index}`, () => Promise.reject(new Error('lost')))).rejects.toThrow();
    }
    expect(names(await source.list(signal))).toEqual(['cached', 'live-1', 'live-2']);
    await source.list(signal);
    expect(paths()).toEqual(['/api/v1/namespaces/kyma-system/secrets?labelSelector=bundleId&limit=100']);
  });

  test('tells what others changed in an object that is read beside the watch, before a write hides it', async () => {
    const { source, changes } = startWatched(true);
    await source.write('mine', async () => thing('mine', '7'));
    source.note(thing('mine', '8'));
    await source.write('mine', async () => thing('mine', '9'));
    source.note(thing('mine', '9'));
    expect(changes).toMatchObject([{ kind: 'modified', object: thing('mine', '8'), previous: thing('mine', '7') }]);
  });

  test('notes no object that the watch has told to be gone since it was read, or that took its name', () => {
    const { source, cache, changes } = startWatched(true);
    cache.apply({ type: 'DELETED', object: thing('cached', '6') });
    source.note(thing('cached', '5'));
    expect(cache.values()).toEqual([]);
    const other = { metadata: { ...thing('cached', '8').metadata, uid: 'other' } };
    cache.apply({ type: 'ADDED', object: other });
    source.note(thing('cached', '9'));
    expect(cache.values()).toEqual([other]);
    expect(changes.map(({ kind }) => kind)).toEqual(['deleted', 'added']);
  });

  test('asks for an object of its own that a write was told not to be there', async () => {
    const { source, changes, paths } = startWatched(true, notFound);
    const attempt = { verb: 'update', type: secretType } as const;
    const missing = () => Promise.reject(new KubeError({ kind: 'not-found', attempt }));
    await expect(source.write('unknown', missing)).rejects.toThrow();
    expect(await source.get('unknown', signal)).toBeUndefined();
    expect(paths()).toEqual([]);
    await expect(source.write('cached', missing)).rejects.toThrow();
    expect(await source.get('cached', signal)).toBeUndefined();
    expect(paths()).toEqual([listOf('cached')]);
    expect(changes).toMatchObject([{ kind: 'deleted', previous: thing('cached') }]);
  });

  test('believes the watch where it tells something while a doubted object is asked for, and asks again', async () => {
    const whileAsked: (() => void)[] = [];
    const answer = { status: 200, body: thing('cached', '6') };
    const { source, cache, paths } = startWatched(true, answer, () => whileAsked.pop()?.());
    await expect(source.write('cached', () => Promise.reject(new Error('lost')))).rejects.toThrow();
    whileAsked.push(() => cache.apply({ type: 'DELETED', object: thing('cached', '7') }));
    expect(await source.get('cached', signal)).toBeUndefined();
    expect(await source.get('cached', signal)).toEqual(thing('cached', '6'));
    expect(paths()).toHaveLength(2);
  });

  test('does not go back behind what was read live while the watch was away', async () => {
    const { source, standing, cache, paths } = startWatched(false, { status: 200, body: thing('cached', '8') });
    expect(await source.get('cached', signal)).toEqual(thing('cached', '8'));
    standing.isCurrent = true;
    cache.apply({ type: 'MODIFIED', object: thing('cached', '7') });
    expect(await source.get('cached', signal)).toEqual(thing('cached', '8'));
    cache.apply({ type: 'DELETED', object: thing('cached', '7') });
    expect(await source.get('cached', signal)).toEqual(thing('cached', '8'));
    expect(paths()).toHaveLength(3);
    cache.apply({ type: 'ADDED', object: thing('cached', '9') });
    expect(await source.get('cached', signal)).toEqual(thing('cached', '9'));
    expect(paths()).toHaveLength(3);
  });

  test('relies on the watch again once it says the same as what was read live', async () => {
    const { source, standing, cache, paths } = startWatched(false, notFound);
    expect(await source.get('cached', signal)).toBeUndefined();
    standing.isCurrent = true;
    expect(await source.get('cached', signal)).toBeUndefined();
    cache.apply({ type: 'DELETED', object: thing('cached', '7') });
    expect(await source.get('cached', signal)).toBeUndefined();
    expect(paths()).toHaveLength(3);
    cache.apply({ type: 'ADDED', object: thing('cached', '8') });
    expect(await source.get('cached', signal)).toEqual(thing('cached', '8'));
    expect(paths()).toHaveLength(3);
  });
});
