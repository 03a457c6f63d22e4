import { describe, expect, test } from 'vitest';
import type { ObjectMeta } from '../../../../agent/domain/resources.ts';
import { type CacheChange, ResourceCache } from '../../../../agent/kube/watch/resource-cache.ts';

interface Thing {
  metadata: ObjectMeta;
}

function thing(resourceVersion: string, uid = 'first', name = 'one'): Thing {
  return { metadata: { name, uid, resourceVersion } };
}

function start() {
  const changes: CacheChange<Thing>[] = [];
  const cache = new ResourceCache<Thing>((change) => changes.push(change));
  cache.beginList();
  cache.replace([]);
  return { cache, changes };
}

describe('the cache of a watch', () => {
  test('gives the same list until something in it changes', async () => {
    const { cache } = start();
    const empty = cache.values();
    expect(cache.values()).toBe(empty);
    cache.apply({ type: 'ADDED', object: thing('2') });
    const one = cache.values();
    expect(one).toEqual([thing('2')]);
    cache.apply({ type: 'MODIFIED', object: thing('2') });
    expect(cache.values()).toBe(one);
    await cache.write('one', async () => thing('3'));
    expect(cache.values()).toEqual([thing('3')]);
    await cache.remove('one', 'first', async () => undefined);
    expect(cache.values()).toEqual([]);
  });

  test('does not go back to an older version when the event arrives after a newer write', async () => {
    const { cache, changes } = start();
    await cache.write('one', async () => thing('12'));
    cache.apply({ type: 'MODIFIED', object: thing('9') });
    cache.apply({ type: 'MODIFIED', object: thing('12') });
    expect(cache.values()).toEqual([thing('12')]);
    expect(changes).toEqual([]);
    cache.apply({ type: 'MODIFIED', object: thing('100') });
    expect(changes).toMatchObject([{ kind: 'modified', object: thing('100'), previous: thing('12') }]);
  });

  test('takes the event that overtakes the answer of a write for its echo', async () => {
    const { cache, changes } = start();
    const answer = Promise.withResolvers<Thing>();
    const writing = cache.write('one', () => answer.promise);
    cache.apply({ type: 'ADDED', object: thing('5') });
    answer.resolve(thing('5'));
    await writing;
    expect(changes).toEqual([]);
    expect(cache.get('one')).toEqual(thing('5'));
  });

  test('parses no event that echoes a write, before its answer or after it', async () => {
    const { cache, changes } = start();
    const parsed: unknown[] = [];
    const parse = (object: unknown) => {
      parsed.push(object);
      return thing('7');
    };
    const answer = Promise.withResolvers<Thing>();
    const writing = cache.write('one', () => answer.promise);
    cache.tell('ADDED', thing('5'), parse);
    answer.resolve(thing('5'));
    await writing;
    cache.tell('ADDED', thing('5'), parse);
    expect(parsed).toEqual([]);
    cache.tell('MODIFIED', thing('7'), parse);
    expect(parsed).toEqual([thing('7')]);
    expect(changes).toMatchObject([{ kind: 'modified', object: thing('7'), previous: thing('5') }]);
  });

  test('parses an event of a version that it knows of another object, or that tells a deletion', () => {
    const { cache, changes } = start();
    cache.apply({ type: 'ADDED', object: thing('5') });
    cache.tell('ADDED', thing('5', 'second'), () => thing('6', 'second'));
    cache.tell('DELETED', thing('6', 'second'), () => thing('6', 'second'));
    expect(changes.map(({ kind }) => kind)).toEqual(['added', 'modified', 'deleted']);
  });

  test('passes over an event that nobody can parse, with a name or without one', () => {
    const { cache, changes } = start();
    cache.tell('ADDED', thing('5'), () => undefined);
    cache.tell('ADDED', { metadata: {} }, () => undefined);
    expect(cache.values()).toEqual([]);
    expect(changes).toEqual([]);
  });

  test('passes on what came while a write failed', async () => {
    const { cache, changes } = start();
    const answer = Promise.withResolvers<Thing>();
    const writing = cache.write('one', () => answer.promise);
    cache.apply({ type: 'ADDED', object: thing('5') });
    answer.reject(new Error('conflict'));
    await expect(writing).rejects.toThrow('conflict');
    expect(changes).toMatchObject([{ kind: 'added', object: thing('5') }]);
  });

  test('never shows again what we deleted, but the object that is made anew', async () => {
    const { cache, changes } = start();
    await cache.write('one', async () => thing('5'));
    await cache.remove('one', 'first', async () => undefined);
    cache.apply({ type: 'MODIFIED', object: thing('6') });
    cache.apply({ type: 'DELETED', object: thing('7') });
    expect(cache.values()).toEqual([]);
    expect(changes).toEqual([]);
    cache.apply({ type: 'ADDED', object: thing('8', 'second') });
    expect(changes).toMatchObject([{ kind: 'added', object: thing('8', 'second') }]);
  });

  test('keeps what we wrote while the list was on its way, and drops what the list no longer has', async () => {
    const { cache, changes } = start();
    cache.apply({ type: 'ADDED', object: thing('3', 'third', 'old') });
    cache.apply({ type: 'ADDED', object: thing('4', 'fourth', 'changed') });
    cache.apply({ type: 'ADDED', object: thing('5', 'fifth', 'deleted') });
    changes.length = 0;
    cache.beginList();
    await cache.write('one', async () => thing('12'));
    await cache.write('changed', async () => thing('13', 'fourth', 'changed'));
    await cache.remove('deleted', 'fifth', async () => undefined);
    cache.replace([thing('4', 'fourth', 'changed'), thing('5', 'fifth', 'deleted')]);
    expect(cache.values()).toEqual([thing('13', 'fourth', 'changed'), thing('12')]);
    expect(changes).toEqual([{ kind: 'deleted', previous: thing('3', 'third', 'old'), initial: false }]);
  });

  test('takes over a cluster that was restored from a backup, whose versions begin lower again', async () => {
    const { cache, changes } = start();
    await cache.write('one', async () => thing('100'));
    await cache.write('lost', async () => thing('101', 'second', 'lost'));
    await cache.write('back', async () => thing('90', 'third', 'back'));
    await cache.remove('back', 'third', async () => undefined);
    cache.beginList();
    cache.replace([thing('40'), thing('41', 'third', 'back')]);
    expect(cache.values()).toEqual([thing('40'), thing('41', 'third', 'back')]);
    expect(changes.map(({ kind }) => kind)).toEqual(['modified', 'added', 'deleted']);
    expect(cache.wasDeletedByUs('third')).toBe(false);
    cache.apply({ type: 'MODIFIED', object: thing('42') });
    expect(cache.get('one')).toEqual(thing('42'));
  });

  test('keeps an object that finalizers hold after its deletion', async () => {
    const { cache } = start();
    await cache.write('one', async () => thing('5'));
    await cache.remove('one', 'first', async () => thing('6'));
    expect(cache.values()).toEqual([thing('6')]);
    expect(cache.wasDeletedByUs('first')).toBe(false);
  });

  test('tells of every object of the first list as of an initial one, and of no later one', () => {
    const changes: CacheChange<Thing>[] = [];
    const cache = new ResourceCache<Thing>((change) => changes.push(change));
    cache.apply({ type: 'ADDED', object: thing('1', 'old', 'old') });
    cache.replace([thing('2'), thing('3', 'second', 'two')]);
    cache.replace([thing('4'), thing('3', 'second', 'two'), thing('5', 'third', 'three')]);
    expect(changes).toEqual([
      { kind: 'added', object: thing('1', 'old', 'old'), initial: true },
      { kind: 'added', object: thing('2'), initial: true },
      { kind: 'added', object: thing('3', 'second', 'two'), initial: true },
      { kind: 'deleted', previous: thing('1', 'old', 'old'), initial: true },
      { kind: 'modified', object: thing('4'), previous: thing('2'), initial: false },
      { kind: 'added', object: thing('5', 'third', 'three'), initial: false },
    ]);
  });

  test('tells of a deletion once, and of none of an object that it does not know', () => {
    const { cache, changes } = start();
    cache.apply({ type: 'ADDED', object: thing('2') });
    cache.apply({ type: 'DELETED', object: thing('3', 'other') });
    cache.apply({ type: 'DELETED', object: thing('3', 'first', 'unknown') });
    expect(cache.get('one')).toEqual(thing('2'));
    cache.apply({ type: 'DELETED', object: thing('3') });
    cache.apply({ type: 'DELETED', object: thing('3') });
    expect(changes.map(({ kind, initial }) => `${kind} ${initial}`)).toEqual(['added false', 'deleted false']);
    expect(cache.values()).toEqual([]);
  });

  test('orders versions by number, and takes any other that differs for newer', () => {
    const { cache, changes } = start();
    const versions = ['9', '10', '9', '10', 'b', 'a', 'a', '11'];
    for (const version of versions) cache.apply({ type: 'MODIFIED', object: thing(version) });
    expect(changes.map((change) => (change.kind === 'deleted' ? '' : change.object.metadata.resourceVersion))).toEqual([
      '9',
      '10',
      'b',
      'a',
      '11',
    ]);
  });

  test('keeps what is being written while a list that lacks it arrives', async () => {
    const { cache, changes } = start();
    cache.apply({ type: 'ADDED', object: thing('2') });
    const answer = Promise.withResolvers<Thing>();
    const writing = cache.write('one', () => answer.promise);
    cache.beginList();
    cache.replace([]);
    expect(cache.get('one')).toEqual(thing('2'));
    answer.resolve(thing('8'));
    await writing;
    expect(cache.get('one')).toEqual(thing('8'));
    expect(changes).toHaveLength(1);
  });

  test('lets events wait until the last of several writes of a name is answered', async () => {
    const { cache, changes } = start();
    const [first, second] = [Promise.withResolvers<Thing>(), Promise.withResolvers<Thing>()];
    const writes = [cache.write('one', () => first.promise), cache.write('one', () => second.promise)];
    cache.apply({ type: 'ADDED', object: thing('5') });
    cache.apply({ type: 'MODIFIED', object: thing('6') });
    first.resolve(thing('5'));
    await writes[0];
    expect(cache.get('one')).toEqual(thing('5'));
    second.resolve(thing('6'));
    await writes[1];
    expect(cache.get('one')).toEqual(thing('6'));
    cache.apply({ type: 'MODIFIED', object: thing('7') });
    expect(changes).toMatchObject([{ kind: 'modified', object: thing('7') }]);
  });

  test('takes the answer of a write for what it has, unless the watch knows a newer version of the same object', async () => {
    const { cache } = start();
    const answer = Promise.withResolvers<Thing>();
    cache.apply({ type: 'ADDED', object: thing('9') });
    expect(await cache.write('one', async () => thing('8'))).toEqual(thing('8'));
    expect(cache.get('one')).toEqual(thing('9'));
    const writing = cache.write('one', () => answer.promise);
    answer.resolve(thing('4', 'second'));
    await writing;
    expect(cache.get('one')).toEqual(thing('4', 'second'));
  });

  test('keeps another object of the name when the deleted one was gone already', async () => {
    const { cache } = start();
    cache.apply({ type: 'ADDED', object: thing('9', 'second') });
    await cache.remove('one', 'first', async () => undefined);
    expect(cache.get('one')).toEqual(thing('9', 'second'));
    expect([cache.wasDeletedByUs('first'), cache.wasDeletedByUs('second')]).toEqual([true, false]);
  });

  test('remembers the last twenty thousand deletions', async () => {
    const { cache } = start();
    for (let index = 0; index <= 20_000; index += 1) {
      await cache.remove(`object-${index}`, `uid-${index}`, async () => undefined);
    }
    expect(cache.wasDeletedByUs('uid-0')).toBe(false);
    expect(cache.wasDeletedByUs('uid-1')).toBe(true);
    expect(cache.wasDeletedByUs('uid-20000')).toBe(true);
  });
});
