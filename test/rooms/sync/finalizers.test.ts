import { describe, expect, it } from 'vitest';
import { aLandscape, aSystem } from '../../data/builders/landscape.ts';
import { openSyncStage } from './open-sync-stage.ts';

const finalizer = 'example.com/keep';

/** A cluster with three Applications, of which a finalizer keeps the last one. */
async function stage() {
  const { cluster, log, drift, restart, memory, ...world } = openSyncStage();
  const sync = (...names: string[]) => world.sync(aLandscape(names.map((name) => aSystem(name))));
  await sync('mp-one', 'mp-two', 'mp-three');
  cluster.hold('mp-three', [finalizer]);
  cluster.writes.length = 0;
  return { cluster, log, sync, drift, restart, report: () => memory().last, guard: () => memory().prune.removals };
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
