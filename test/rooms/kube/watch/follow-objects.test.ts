import { describe, expect, test } from 'vitest';
import type { SecretResource } from '../../../../agent/domain/resources.ts';
import { createKubeClient } from '../../../../agent/kube/api/kube-client.ts';
import { secretKind } from '../../../../agent/kube/stores/parse-object.ts';
import type { CacheChange } from '../../../../agent/kube/watch/resource-cache.ts';
import { startResourceWatch } from '../../../../agent/kube/watch/resource-watch.ts';
import { defaultWatchTimings } from '../../../../agent/kube/watch/watch-timings.ts';
import { recordLog } from '../../../data/builders/record-log.ts';
import { VirtualTime } from '../../../data/fakes/virtual-time.ts';
import { startWatchedApi } from './start-watched-api.ts';

const forbidden = { status: 403 };
const refused = { status: 503 };
const expired = { code: 410, reason: 'Expired' };

function secret(name: string, resourceVersion: string): SecretResource {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, uid: `uid-${name}`, resourceVersion } };
}

function listOf(resourceVersion: string, ...items: SecretResource[]) {
  return { status: 200, body: { metadata: { resourceVersion }, items } };
}

interface WatchedSecrets {
  name?: string;
  isDispensable?: boolean;
  chance?: number;
}

/** A watch over all Secrets of a namespace, or over the one of that name. `chance` 0.5 varies nothing. */
function start({ name, isDispensable = false, chance = 0.5 }: WatchedSecrets = {}) {
  const time = new VirtualTime();
  const api = startWatchedApi();
  const log = recordLog();
  const changes: CacheChange<SecretResource>[] = [];
  const stop = new AbortController();
  const begin = () =>
    startResourceWatch<SecretResource>(
      {
        client: createKubeClient(api.exchange, time),
        selection: { ...secretKind, namespace: 'kyma-system', ...(name === undefined ? {} : { name }) },
        isDispensable,
        onChange: (change) => changes.push(change),
        consequence: 'much is lost',
        timings: defaultWatchTimings,
        time,
        random: () => chance,
        log,
      },
      stop.signal,
    );
  return { ...api, time, log, changes, stop, begin };
}

const names = (objects: readonly SecretResource[]) => objects.map(({ metadata }) => metadata.name);

describe('a watch', () => {
  test('lists once and follows from there, then from the last version that it saw', async () => {
    const { begin, answers, streams, requests, time, changes } = start();
    answers.list = listOf('10', secret('a', '3'));
    const { cache } = begin();
    await time.pass(0);
    streams[0]?.push({ type: 'ADDED', object: secret('b', '12') });
    streams[0]?.push({ type: 'BOOKMARK', object: { kind: 'Secret', metadata: { resourceVersion: '20' } } });
    // Without a version, an event says nothing of where to resume.
    streams[0]?.push({ type: 'BOOKMARK', object: { kind: 'Secret', metadata: {} } });
    await time.pass(6_000);
    expect(names(cache.values())).toEqual(['a', 'b']);
    streams[0]?.end();
    await time.pass(0);
    streams[1]?.push({ type: 'MODIFIED', object: secret('b', '21') });
    streams[1]?.push({ type: 'DELETED', object: secret('a', '22') });
    await time.pass(6_000);
    expect(names(cache.values())).toEqual(['b']);
    streams[1]?.end();
    await time.pass(0);
    expect(requests()).toEqual(['list', 'watch 10', 'version', 'watch 20', 'version', 'watch 22']);
    expect(changes.map(({ kind, initial }) => `${kind} ${initial}`)).toEqual([
      'added true',
      'added false',
      'modified false',
      'deleted false',
    ]);
  });

  test.each([
    [0, 300],
    [0.5, 450],
    [1, 600],
  ])(
    'with the chance %d asks for a stream of %i s, so that those of a fleet do not end together',
    async (chance, seconds) => {
      const { begin, streams, time } = start({ chance });
      begin();
      await time.pass(0);
      expect(streams[0]?.path).toContain(`timeoutSeconds=${seconds}`);
    },
  );

  test('follows one short stream with the next at once, and waits longer after each further one', async () => {
    const { begin, streams, time } = start();
    begin();
    await time.pass(0);
    for (const pauseMs of [0, 1_000, 2_000, 4_000]) {
      const opened = streams.length;
      streams.at(-1)?.end();
      await time.pass(Math.max(0, pauseMs - 1));
      expect(streams).toHaveLength(pauseMs === 0 ? opened + 1 : opened);
      await time.pass(1);
      expect(streams).toHaveLength(opened + 1);
    }
  });

  test('lists again when its version has expired', async () => {
    const { begin, answers, streams, requests, time } = start();
    const { cache, limitation } = begin();
    await time.pass(0);
    answers.list = listOf('30', secret('new', '25'));
    streams[0]?.push({ type: 'ERROR', object: expired });
    await time.pass(0);
    expect(requests()).toEqual(['list', 'watch 10', 'list', 'watch 30']);
    expect(names(cache.values())).toEqual(['new']);
    expect(limitation()).toBeUndefined();
  });

  test('resumes a stream that was cut, without a list', async () => {
    const { begin, streams, requests, time } = start();
    begin();
    await time.pass(0);
    streams[0]?.push({ type: 'ADDED', object: secret('a', '11') });
    await time.pass(6_000);
    streams[0]?.fail('ECONNRESET');
    await time.pass(0);
    expect(requests()).toEqual(['list', 'watch 10', 'version', 'watch 11']);
  });

  test('lists again where the cluster is older than what it has seen, as after a backup was restored', async () => {
    const { begin, answers, streams, requests, time, log } = start();
    const { cache } = begin();
    await time.pass(0);
    streams[0]?.push({ type: 'ADDED', object: secret('a', '11') });
    await time.pass(6_000);
    answers.version = listOf('7', secret('b', '6'));
    answers.list = listOf('7', secret('b', '6'));
    streams[0]?.end();
    await time.pass(0);
    expect(requests()).toEqual(['list', 'watch 10', 'version', 'list', 'watch 7']);
    expect(names(cache.values())).toEqual(['b']);
    expect(log.text()).toContain('older state of secrets');
  });

  test('asks once more where nobody tells whether the cluster is older', async () => {
    const { begin, answers, streams, requests, time } = start();
    begin();
    await time.pass(6_000);
    answers.version = refused;
    streams[0]?.end();
    await time.pass(0);
    answers.version = listOf('10');
    await time.pass(30_000);
    expect(requests().filter((request) => request !== 'version')).toEqual(['list', 'watch 10', 'watch 10']);
  });

  test('lists again after silence, and keeps no connection that may be as dead', async () => {
    const { begin, exchange, requests, time } = start();
    begin();
    await time.pass(119_999);
    expect(requests()).toEqual(['list', 'watch 10']);
    await time.pass(1);
    expect(requests()).toEqual(['list', 'watch 10', 'list', 'watch 10']);
    expect(exchange.idleClosings()).toBe(1);
  });

  test('is believed through two failures, and says at the third what is wrong; it heals by itself', async () => {
    const { begin, answers, streams, time, log } = start();
    const watch = begin();
    await time.pass(0);
    answers.watch = refused;
    streams[0]?.fail('ECONNRESET');
    await time.pass(0);
    expect(watch.phase()).toBe('synced');
    await time.pass(1_000);
    expect([watch.phase(), watch.isCurrent()]).toEqual(['failing', false]);
    expect(watch.limitation()).toBe('The API server failed to watch secrets kyma-system (503), so much is lost.');
    answers.watch = 'stream';
    await time.pass(30_000);
    expect([watch.phase(), watch.limitation()]).toEqual(['synced', undefined]);
    expect(log.lines()).toEqual([
      'warn The API server failed to watch secrets kyma-system (503), so much is lost.',
      'info The watch over secrets works again.',
    ]);
  });

  test('skips an object that nobody can read, and says which', async () => {
    const { begin, answers, streams, time, log } = start();
    answers.list = {
      status: 200,
      body: {
        metadata: { resourceVersion: '10' },
        items: [secret('good', '1'), { metadata: { name: 'bad' }, data: 7 }],
      },
    };
    const { cache } = begin();
    await time.pass(0);
    streams[0]?.push({ type: 'ADDED', object: { metadata: { name: 'worse', resourceVersion: '11' }, type: 7 } });
    streams[0]?.push({ type: 'ADDED', object: secret('better', '12') });
    await time.pass(0);
    expect(names(cache.values())).toEqual(['good', 'better']);
    expect(log.lines()).toEqual([
      'warn The Secret that the API server sent has an unexpected form at data',
      'warn The Secret that the API server sent has an unexpected form at type',
    ]);
    expect(log.text()).toContain('"bad"');
    expect(log.text()).toContain('"worse"');
  });

  test.each(['no JSON\n', '[]\n', '{"type":"OTHER","object":{}}\n'])(
    'gives a stream up that sends %j',
    async (text) => {
      const { begin, streams, time } = start();
      const watch = begin();
      await time.pass(0);
      streams[0]?.push(text);
      await time.pass(0);
      streams[1]?.push(text);
      await time.pass(1_000);
      streams[2]?.push(text);
      await time.pass(0);
      expect(watch.limitation()).toBe(
        "The API server's answer to watch is not what Kubernetes sends, so much is lost.",
      );
    },
  );

  test('lets readers wait for the first list, or until it is known not to come', async () => {
    const { begin, answers, time } = start();
    answers.list = refused;
    const watch = begin();
    let settled = false;
    const waiting = watch.settled(new AbortController().signal).then(() => {
      settled = true;
    });
    expect(settled).toBe(false);
    await time.pass(0);
    await waiting;
    expect([watch.phase(), watch.isCurrent()]).toEqual(['failing', false]);
  });

  test('lets no reader wait who gave up, and ends with its signal whatever it does', async () => {
    const { begin, stop, time, exchange, requests } = start();
    const watch = begin();
    const gaveUp = new AbortController();
    const waiting = watch.settled(gaveUp.signal);
    gaveUp.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(watch.settled(gaveUp.signal)).rejects.toThrow('enough');
    await time.pass(0);
    stop.abort();
    await watch.ended;
    expect(exchange.requests.every(({ signal }) => signal.aborted)).toBe(true);
    await time.pass(600_000);
    expect(requests()).toEqual(['list', 'watch 10']);
    expect(time.pausesMs()).toEqual([]);
  });

  test('ends in a pause as well', async () => {
    const { begin, answers, stop, time } = start();
    answers.list = refused;
    const watch = begin();
    await time.pass(0);
    stop.abort();
    await watch.ended;
    expect(time.pausesMs()).toEqual([]);
  });
});

describe('a watch without permission', () => {
  test('says what is missing once, asks again less and less often, and heals when it is granted', async () => {
    const { begin, answers, requests, time, log } = start();
    answers.list = forbidden;
    const watch = begin();
    await time.pass(0);
    expect([watch.phase(), watch.isCurrent()]).toEqual(['forbidden', false]);
    await time.pass(10_000);
    await time.pass(19_999);
    expect(requests()).toHaveLength(2);
    await time.pass(1);
    expect(requests()).toHaveLength(3);
    answers.list = listOf('10', secret('a', '3'));
    await time.pass(40_000);
    expect([watch.phase(), names(watch.cache.values())]).toEqual(['synced', ['a']]);
    expect(log.lines()).toEqual([
      'warn The agent may not list secrets in namespace kyma-system, so much is lost.',
      'info The watch over secrets works again.',
    ]);
  });

  test('is not current where the stream alone is refused', async () => {
    const { begin, answers, time } = start();
    answers.watch = forbidden;
    const watch = begin();
    await time.pass(0);
    expect([watch.phase(), watch.isCurrent()]).toEqual(['forbidden', false]);
  });

  test('over one object that readers ask for themselves reads nothing in its place, and is not current', async () => {
    const { begin, answers, requests, time } = start({ name: 'one', isDispensable: true });
    answers.watch = forbidden;
    const watch = begin();
    await time.pass(0);
    expect([watch.phase(), watch.isCurrent()]).toEqual(['forbidden', false]);
    await time.pass(9_999);
    expect(requests()).toEqual(['list', 'watch 10']);
  });

  test('over one object reads it by name every ten seconds', async () => {
    const { begin, answers, requests, time, changes } = start({ name: 'one' });
    answers.list = forbidden;
    const watch = begin();
    await time.pass(0);
    expect([watch.isCurrent(), watch.cache.get('one')]).toEqual([true, undefined]);
    answers.get = { status: 200, body: secret('one', '7') };
    await time.pass(10_000);
    expect(watch.cache.get('one')).toEqual(secret('one', '7'));
    expect(changes).toEqual([{ kind: 'added', object: secret('one', '7'), initial: false }]);
    await time.pass(20_000);
    expect(requests()).toEqual(['list', 'get', 'list', 'get', 'get', 'list', 'get']);
    answers.get = { status: 404, body: { details: { name: 'one' } } };
    await time.pass(10_000);
    expect(watch.cache.get('one')).toBeUndefined();
  });

  test('over one object lists it where that is permitted', async () => {
    const { begin, answers, requests, time } = start({ name: 'one' });
    answers.watch = forbidden;
    answers.list = listOf('10', secret('one', '7'));
    const watch = begin();
    await time.pass(0);
    expect([watch.isCurrent(), watch.cache.get('one')]).toEqual([true, secret('one', '7')]);
    expect(requests()).toEqual(['list', 'watch 10', 'list']);
  });

  test('over one object is not current while that cannot be read either, and tells of the right that is missing', async () => {
    const { begin, answers, time } = start({ name: 'one' });
    answers.list = forbidden;
    const watch = begin();
    await time.pass(0);
    answers.get = refused;
    await time.pass(10_000);
    expect(watch.isCurrent()).toBe(false);
    expect(watch.limitation()).toContain('may not list secrets "one"');
    answers.get = forbidden;
    await time.pass(10_000);
    expect(watch.limitation()).toBe('The agent may not get secrets "one" in namespace kyma-system, so much is lost.');
    answers.get = { status: 200, body: secret('one', '7') };
    await time.pass(10_000);
    expect(watch.isCurrent()).toBe(true);
  });
});

test('a watch over a kind whose CRD is not installed says so, and is current once it is', async () => {
  const { begin, answers, time } = start();
  answers.list = { status: 404, body: { details: { name: 'kyma-system' } } };
  const watch = begin();
  await time.pass(0);
  expect([watch.phase(), watch.isCurrent()]).toEqual(['missing', false]);
  answers.list = listOf('10');
  await time.pass(500);
  expect(watch.phase()).toBe('synced');
});
