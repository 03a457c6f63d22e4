import { describe, expect, it } from 'vitest';
import { emptyPruneMemory } from '../../../agent/sync/deletion-policy.ts';
import { toPruneNote } from '../../../agent/sync/prune-note.ts';
import { clusterOf, decide, moment, restart, systems } from './decide-on-cluster.ts';

describe('what is held where the note of the former life is lost', () => {
  it.each([
    ['one of two', 2, 1],
    ['one of ten', 10, 9],
    ['three of thirty', 30, 27],
  ])('is any removal for an hour: %s', async (_, there, remaining) => {
    const cluster = await clusterOf(there);
    const memory = restart(toPruneNote({ ...emptyPruneMemory, isNoteLost: true }));
    const started = decide(cluster, systems(remaining), { memory, ...moment(0) });
    expect(started).toMatchObject({ allowed: 0, held: [there - remaining] });
    const again = { ...emptyPruneMemory, ...restart(toPruneNote({ ...started.memory, holds: [] })) };
    expect(decide(cluster, systems(remaining), { memory: again, ...moment(3_599_999) }).allowed).toBe(0);
    expect(
      decide(cluster, systems(remaining), { memory: started.memory, ...moment(3_600_000) }).memory.removals,
    ).toEqual([]);
  });

  it('is any removal also where somebody had deleted the rest by hand before the first read', async () => {
    const started = decide(await clusterOf(0), systems(8), { memory: { ...emptyPruneMemory, isNoteLost: true } });
    expect(started.memory.removals).toMatchObject([{ count: 8, isAssumed: true }]);
    expect(decide(await clusterOf(8), systems(7), { memory: started.memory, ...moment(60_000) }).allowed).toBe(0);
    const left = decide(await clusterOf(0), systems(1), { memory: { ...emptyPruneMemory, isNoteLost: true } });
    expect(decide(await clusterOf(1), [], { memory: left.memory, ...moment(60_000) }).allowed).toBe(0);
  });

  it('is nothing where the agent has paired for the first time and nothing of ours is there', async () => {
    const fresh = { ...emptyPruneMemory, isNoteLost: true, isNew: true };
    expect(decide(await clusterOf(0), systems(10), { memory: fresh }).memory).toEqual(emptyPruneMemory);
    const found = decide(await clusterOf(2), systems(2), { memory: fresh });
    expect(found.memory.removals).toMatchObject([{ isAssumed: true }]);
  });
});
