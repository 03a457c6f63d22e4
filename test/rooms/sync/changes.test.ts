import { describe, expect, it } from 'vitest';
import { aBundle, aLandscape, aSystem, basicAuth, idOf } from '../../data/builders/landscape.ts';
import { openSyncStage } from './open-sync-stage.ts';

const one = aSystem('mp-one', { bundles: [aBundle('Orders', { auth: basicAuth('user', 'pass') })] });
const two = aSystem('mp-two');
const prefix = 'compass.kyma-project.io';

function stage() {
  const { cluster, sync, drift, time } = openSyncStage();
  const notesOf = (name: string) => cluster.applications.get(name)?.metadata.annotations;
  const tell = ({ changes }: Awaited<ReturnType<typeof sync>>) =>
    changes.map(({ kind, application, because }) => `${kind} ${application.name}: ${because.join(', ')}`);
  return { cluster, sync, drift, time, notesOf, tell };
}

describe('what a sync tells of single Applications', () => {
  it('is each that came, changed and went, by its uid, and which are there', async () => {
    const { cluster, sync, tell } = stage();
    const first = await sync(aLandscape([one, two]));
    expect(tell(first)).toEqual(['create mp-one: ', 'create mp-two: ']);
    const uids = ['mp-one', 'mp-two'].map((name) => cluster.applications.get(name)?.metadata.uid);
    expect(first.changes.map(({ application }) => application.uid)).toEqual(uids);
    expect(first.applications().map(({ uid }) => uid)).toEqual(uids);
    const second = await sync(aLandscape([{ ...one, description: 'new' }]));
    expect(tell(second)).toEqual([
      'update mp-one: description',
      'delete mp-two: no longer assigned to this runtime in UCL',
    ]);
    expect(second.changes.map(({ application }) => application.uid)).toEqual(uids);
    expect(second.applications()).toEqual([{ applicationId: one.id, name: 'mp-one', uid: uids[0] }]);
  });

  it('is a rename as the new Application and the end of the old one', async () => {
    const { sync, tell } = stage();
    await sync(aLandscape([one]));
    const renamed = await sync(aLandscape([{ ...one, name: 'mp-new' }]));
    expect(tell(renamed)).toEqual([
      'create mp-new: its system has a new name',
      'delete mp-one: its system is Application mp-new now',
    ]);
  });

  it('is nothing of what failed before it was written', async () => {
    const { cluster, sync, tell } = stage();
    cluster.createApplication = () => Promise.reject(new Error('no'));
    const failed = await sync(aLandscape([two]));
    expect([failed.failures.length, tell(failed), failed.applications()]).toEqual([1, [], []]);
  });

  it('is one that a finalizer kept when it is gone, and not before', async () => {
    const { cluster, sync, tell } = stage();
    await sync(aLandscape([one, two]));
    cluster.hold('mp-two', ['example.com/keep']);
    expect(tell(await sync(aLandscape([one])))).toEqual([]);
    cluster.applications.delete('mp-two');
    expect(tell(await sync(aLandscape([one])))).toEqual(['delete mp-two: no longer assigned to this runtime in UCL']);
  });
});

describe('the log of a sync', () => {
  it('has each write once it is done, while others are still to come', async () => {
    const { cluster, log, sync } = openSyncStage();
    const countWritten = () => log.lines().filter((line) => line === 'info Applied').length;
    const writtenBefore: number[] = [];
    const create = cluster.createApplication.bind(cluster);
    cluster.createApplication = (...given) => {
      writtenBefore.push(countWritten());
      return create(...given);
    };
    await sync(aLandscape(Array.from({ length: 20 }, (_, index) => aSystem(`mp-${index}`))));
    // At most four are under way.
    for (const [index, written] of writtenBefore.entries()) expect(written).toBeGreaterThanOrEqual(index - 3);
    expect(countWritten()).toBe(20);
  });
});

describe('the notes on an Application', () => {
  it("are UCL's name and id, and when and why it was written", async () => {
    const { sync, time, notesOf } = stage();
    const since = `${time.now().toISOString().slice(0, 19)}Z`;
    await sync(aLandscape([two]));
    expect(notesOf('mp-two')).toEqual({
      [`${prefix}/system-name`]: 'mp-two',
      [`${prefix}/system-id`]: idOf('mp-two'),
      [`${prefix}/last-changed-at`]: since,
      [`${prefix}/last-change`]: 'created',
    });
  });

  it('cost no write of their own, whether they are missing or wrong', async () => {
    const { cluster, sync, drift } = stage();
    await sync(aLandscape([two]));
    const stored = cluster.applications.get('mp-two');
    if (stored === undefined) throw new Error('mp-two is not there');
    const { annotations: _, ...metadata } = stored.metadata;
    for (const bare of [metadata, { ...metadata, annotations: { [`${prefix}/system-name`]: 'other' } }]) {
      cluster.applications.set('mp-two', { ...stored, metadata: bare });
      cluster.writes.length = 0;
      await sync(aLandscape([two]));
      await drift();
      expect(cluster.writes).toEqual([]);
    }
  });

  it('come with the next change, beside what others have noted', async () => {
    const { cluster, sync, notesOf } = stage();
    await sync(aLandscape([two]));
    const stored = cluster.applications.get('mp-two');
    if (stored === undefined) throw new Error('mp-two is not there');
    cluster.applications.set('mp-two', { ...stored, metadata: { ...stored.metadata, annotations: { mine: 'yes' } } });
    await sync(aLandscape([{ ...two, description: 'new' }]));
    expect(notesOf('mp-two')).toMatchObject({ mine: 'yes', [`${prefix}/last-change`]: 'description' });
  });
});
