import { describe, expect, it } from 'vitest';
import { applyActions } from '../../../agent/sync/apply-actions.ts';
import {
  decideRemovals,
  type PruneInput,
  type PruneMemory,
  rememberRemovals,
} from '../../../agent/sync/deletion-policy.ts';
import { planSync } from '../../../agent/sync/plan-sync.ts';
import { aPolicy } from '../../data/builders/a-policy.ts';
import { aLandscape, aSystem } from '../../data/builders/landscape.ts';
import { InMemoryCluster } from '../../data/fakes/in-memory-cluster.ts';

const policy = aPolicy();
const floorMs = 15_000;
const at = (ms: number) => new Date(Date.UTC(2026, 10, 22, 12) + ms);
const moment = (ms: number) => ({ now: at(ms), instant: ms });
const none: PruneMemory = { removals: [] };

const systems = (count: number) =>
  Array.from({ length: count }, (_, index) => aSystem(`mp-${String(index).padStart(3, '0')}`));

async function clusterOf(count: number): Promise<InMemoryCluster> {
  const cluster = new InMemoryCluster();
  const { actions } = planSync(aLandscape(systems(count)), cluster.snapshot(), policy);
  await applyActions(actions, cluster, { concurrency: 8, signal: new AbortController().signal });
  return cluster;
}

function decide(cluster: InMemoryCluster, remaining: ReturnType<typeof systems>, overrides: Partial<PruneInput> = {}) {
  return decideRemovals({
    plan: planSync(aLandscape(remaining), cluster.snapshot(), policy),
    landscapeIds: remaining.map(({ id }) => id),
    isComplete: true,
    policy: 'sync',
    now: at(0),
    instant: 0,
    confirmationMs: floorMs,
    isFreshRead: true,
    approvedHash: undefined,
    memory: none,
    ...overrides,
  });
}

describe('the prune guard', () => {
  it.each([
    ['the only Application', 1, 0],
    ['three of ten', 10, 7],
    ['five of six', 6, 1],
    ['half of twelve', 12, 6],
  ])('lets %s go at once', async (_, before, after) => {
    const { held, actions } = decide(await clusterOf(before), systems(after));
    expect(held).toBeUndefined();
    expect(actions).toHaveLength(before - after);
  });

  it.each([
    ['both of two', 2, 0],
    ['all of ten', 10, 0],
    ['six of ten', 10, 4],
    ['seven of twelve', 12, 5],
  ])('holds %s', async (_, before, after) => {
    const { held, actions } = decide(await clusterOf(before), systems(after));
    expect(held?.applicationNames).toHaveLength(before - after);
    expect(actions).toEqual([]);
  });

  it('lets go what a second read with the same systems confirms, one floor later and not before', async () => {
    const cluster = await clusterOf(10);
    const first = decide(cluster, []);
    const early = decide(cluster, [], { memory: first.memory, ...moment(floorMs - 1) });
    expect(early.held?.hash).toBe(first.held?.hash);
    const confirmed = decide(cluster, [], { memory: early.memory, ...moment(floorMs) });
    expect(confirmed.held).toBeUndefined();
    expect(confirmed.actions).toHaveLength(10);
    expect(confirmed.memory.held).toBeUndefined();
  });

  it('begins anew when the second read has other systems', async () => {
    const cluster = await clusterOf(10);
    const first = decide(cluster, []);
    const other = decide(cluster, systems(1), { memory: first.memory, ...moment(floorMs) });
    expect(other.held?.applicationNames).toHaveLength(9);
    expect(other.held?.since).toEqual(at(floorMs));
    expect(other.held?.hash).not.toBe(first.held?.hash);
  });

  it('removes exactly the approved set at once, and no other', async () => {
    const cluster = await clusterOf(10);
    const { held } = decide(cluster, []);
    expect(decide(cluster, [], { approvedHash: held?.hash }).actions).toHaveLength(10);
    expect(decide(cluster, systems(1), { approvedHash: held?.hash }).actions).toEqual([]);
  });

  it('sums small removals over an hour', async () => {
    const cluster = await clusterOf(10);
    const memory = rememberRemovals(none, 5, at(0));
    expect(decide(cluster, systems(9), { memory, ...moment(1) }).held).toBeUndefined();
    expect(decide(cluster, systems(6), { memory, ...moment(3_599_999) }).held?.applicationNames).toHaveLength(4);
    expect(decide(cluster, systems(6), { memory, ...moment(3_600_000) }).held).toBeUndefined();
  });

  it('holds the last of several Applications that go one by one', async () => {
    const memory = rememberRemovals(none, 1, at(0));
    const cluster = await clusterOf(1);
    expect(decide(cluster, [], { memory, ...moment(1) }).held?.applicationNames).toHaveLength(1);
    expect(decide(cluster, [], { memory, ...moment(3_600_000) }).held).toBeUndefined();
  });

  it('is not satisfied by the first read applied once more, however late', async () => {
    const cluster = await clusterOf(10);
    const { memory } = decide(cluster, []);
    const again = decide(cluster, [], { memory, ...moment(floorMs), isFreshRead: false });
    expect(again.held?.applicationNames).toHaveLength(10);
    expect(decide(cluster, [], { memory: again.memory, ...moment(floorMs) }).held).toBeUndefined();
  });

  it('lets nothing go when an earlier read is applied again, however little is left of what is held', async () => {
    const cluster = await clusterOf(2);
    const { memory } = decide(cluster, []);
    cluster.applications.delete('mp-000');
    const again = decide(cluster, [], { memory, ...moment(floorMs), isFreshRead: false });
    expect(again.held?.applicationNames).toEqual(['mp-001']);
    expect(again.actions).toEqual([]);
  });

  it('counts renames as removals, and lets their creations through meanwhile', async () => {
    const cluster = await clusterOf(10);
    const renamed = systems(10).map((system) => ({ ...system, name: `${system.name}-new` }));
    const { held, actions } = decide(cluster, renamed);
    expect(held?.applicationNames).toHaveLength(10);
    expect(actions).toHaveLength(10);
    expect(actions.flatMap(({ steps }) => steps.map((step) => step.do))).toEqual(Array(10).fill('create-application'));
  });

  it('still writes what is new while it holds', async () => {
    const { actions, held } = decide(await clusterOf(10), [aSystem('mp-new')]);
    expect(held?.applicationNames).toHaveLength(10);
    expect(actions).toMatchObject([{ kind: 'create', applicationName: 'mp-new' }]);
  });

  it('removes nothing after an incomplete read and remembers what is held', async () => {
    const cluster = await clusterOf(10);
    const { memory } = decide(cluster, []);
    const incomplete = decide(cluster, systems(9), { isComplete: false, memory });
    expect(incomplete.actions).toEqual([]);
    expect(incomplete.memory.held).toEqual(memory.held);
  });

  it('never removes an Application under the policy upsert-only', async () => {
    const { actions, held } = decide(await clusterOf(3), systems(2), { policy: 'upsert-only' });
    expect(actions).toEqual([]);
    expect(held).toBeUndefined();
  });
});
