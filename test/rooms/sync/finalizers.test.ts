import { describe, expect, it } from 'vitest';
import { emptySyncMemory, rememberDrift, rememberSync, type SyncMemory } from '../../../agent/sync/sync-memory.ts';
import type { SyncParts } from '../../../agent/sync/sync-parts.ts';
import { mendDrift, synchronize } from '../../../agent/sync/synchronize.ts';
import { aPolicy } from '../../data/builders/a-policy.ts';
import { aLandscape, aSystem, idOf } from '../../data/builders/landscape.ts';
import { recordLog } from '../../data/builders/record-log.ts';
import { InMemoryCluster } from '../../data/fakes/in-memory-cluster.ts';
import { VirtualTime } from '../../data/fakes/virtual-time.ts';

const { signal } = new AbortController();
const finalizer = 'example.com/keep';

/** A cluster with three Applications, of which a finalizer keeps the last one. */
async function stage() {
  const cluster = new InMemoryCluster();
  const time = new VirtualTime();
  const log = recordLog();
  const parts: SyncParts = {
    reader: { snapshot: async () => cluster.snapshot() },
    applications: cluster,
    settings: { policy: aPolicy(), prunePolicy: 'sync', holdMs: undefined, concurrency: 4, runtimeLabels: {} },
    time,
    log,
  };
  let memory: SyncMemory = emptySyncMemory;
  const sync = async (...names: string[]) => {
    const landscape = aLandscape(names.map((name) => aSystem(name)));
    const source = {
      readLandscape: async () => landscape,
      readIds: async () => new Set(names.map(idOf)),
      setRuntimeLabel: async () => undefined,
    };
    const input = { memory, source, trigger: 'schedule', approvedIds: [], keepPrune: async () => undefined };
    const facts = await time.passUntil(synchronize(input, parts, signal), 10);
    memory = rememberSync(memory, facts);
    if (facts.outcome.reached !== 'cluster') throw new Error('The sync did not reach the cluster.');
    return facts.outcome.result;
  };
  const drift = async () => {
    const result = await time.passUntil(mendDrift({ memory }, parts, signal), 10);
    if (result !== undefined) memory = rememberDrift(memory, result);
    return result;
  };
  await sync('mp-one', 'mp-two', 'mp-three');
  cluster.hold('mp-three', [finalizer]);
  cluster.writes.length = 0;
  const restart = () => {
    memory = emptySyncMemory;
  };
  return { cluster, log, sync, drift, restart, report: () => memory.last, guard: () => memory.prune.removals };
}

describe('an Application that a finalizer keeps', () => {
  it('is deleted once, told as waiting with the name of the finalizer, and no removal yet', async () => {
    const { cluster, log, sync, guard } = await stage();
    const asked = await sync('mp-one', 'mp-two');
    const waiting = [{ name: 'mp-three', finalizers: [finalizer] }];
    expect(asked).toMatchObject({ applied: { delete: 0 }, terminating: waiting });
    expect(await sync('mp-one', 'mp-two')).toMatchObject({ applied: { delete: 0 }, terminating: waiting });
    expect(cluster.writes).toEqual(['delete mp-three']);
    // The guard counts what cannot be called back, once.
    expect(guard().map(({ count }) => count)).toEqual([1]);
    expect(log.lines().filter((line) => line.includes('finalizers keep it'))).toHaveLength(1);
  });

  it.each(['sync', 'drift'] as const)('counts as removed when a %s finds it gone', async (kind) => {
    const { cluster, log, sync, drift } = await stage();
    await sync('mp-one', 'mp-two');
    cluster.applications.delete('mp-three');
    const gone = kind === 'sync' ? await sync('mp-one', 'mp-two') : await drift();
    expect(gone).toMatchObject({ applied: { delete: 1 }, terminating: [], leaving: [] });
    expect(await sync('mp-one', 'mp-two')).toMatchObject({ applied: { delete: 0 } });
    expect(log.lines()).toContain('info An Application that was being deleted is gone');
  });

  it('counts so across a restart too', async () => {
    const { cluster, sync, restart } = await stage();
    await sync('mp-one', 'mp-two');
    restart();
    await sync('mp-one', 'mp-two');
    cluster.applications.delete('mp-three');
    expect(await sync('mp-one', 'mp-two')).toMatchObject({ applied: { delete: 1 } });
  });

  it('is not ready when its system is assigned again, and is made anew once it is gone', async () => {
    const { cluster, sync, report } = await stage();
    await sync('mp-one', 'mp-two');
    await sync('mp-one', 'mp-two', 'mp-three');
    expect(report()).toMatchObject({ counts: { desired: 3, ready: 2 }, failures: [{ reason: 'Terminating' }] });
    expect(report()?.failures[0]?.message).toContain(finalizer);
    expect(cluster.writes).toEqual(['delete mp-three']);
    cluster.applications.delete('mp-three');
    expect(await sync('mp-one', 'mp-two', 'mp-three')).toMatchObject({ applied: { delete: 1, create: 1 } });
    expect(report()).toMatchObject({ counts: { ready: 3 }, terminating: [] });
  });

  it('that a person deletes and UCL assigns is no removal', async () => {
    const { cluster, sync } = await stage();
    cluster.terminate('mp-three', [finalizer]);
    await sync('mp-one', 'mp-two', 'mp-three');
    cluster.applications.delete('mp-three');
    expect(await sync('mp-one', 'mp-two', 'mp-three')).toMatchObject({ applied: { delete: 0, create: 1 } });
  });
});
