import type { ObjectSource } from '../../../agent/kube/watch/object-source.ts';
import type { Cached } from '../../../agent/kube/watch/resource-cache.ts';

export interface FakeSource<T extends Cached> extends ObjectSource<T> {
  /** What was read beside the watch, in order. */
  readonly noted: T[];
  /** `list`, `get name`, oldest first. */
  readonly reads: string[];
  readonly objects: Map<string, T>;
}

/** Objects in memory. */
export function createFakeSource<T extends Cached>(objects: readonly T[]): FakeSource<T> {
  const stored = new Map(objects.map((object) => [object.metadata.name, object]));
  const reads: string[] = [];
  const noted: T[] = [];
  return {
    reads,
    noted,
    objects: stored,
    settled: () => Promise.resolve(),
    async list() {
      reads.push('list');
      return [...stored.values()];
    },
    async get(name) {
      reads.push(`get ${name}`);
      return stored.get(name);
    },
    note: (object) => void noted.push(object),
    async write(name, operation) {
      const object = await operation();
      stored.set(name, object);
      return object;
    },
    async remove(name, _, operation) {
      if ((await operation()) === undefined) stored.delete(name);
    },
  };
}
