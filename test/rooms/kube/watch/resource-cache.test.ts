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
  cache.replace([], '1');
  return { cache, changes };
}

describe('the cache of a watch', () => {
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
    cache.replace([thing('6')], '6');
    expect(cache.values()).toEqual([]);
    expect(changes).toEqual([]);
    cache.apply({ type: 'ADDED', object: thing('8', 'second') });
    expect(changes).toMatchObject([{ kind: 'added', object: thing('8', 'second') }]);
  });

  test('keeps what we wrote after the list was made, and drops what the list no longer has', async () => {
    const { cache, changes } = start();
    cache.apply({ type: 'ADDED', object: thing('3', 'third', 'old') });
    await cache.write('one', async () => thing('12'));
    cache.replace([], '10');
    expect(cache.values()).toEqual([thing('12')]);
    expect(changes).toMatchObject([{ kind: 'added' }, { kind: 'deleted', previous: thing('3', 'third', 'old') }]);
  });

  test('keeps an object that finalizers hold after its deletion', async () => {
    const { cache } = start();
    await cache.write('one', async () => thing('5'));
    await cache.remove('one', 'first', async () => thing('6'));
    expect(cache.values()).toEqual([thing('6')]);
    expect(cache.wasDeletedByUs('first')).toBe(false);
  });
});
