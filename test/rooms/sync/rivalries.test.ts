import { describe, expect, it } from 'vitest';
import type { Landscape } from '../../../agent/domain/landscape.ts';
import type { ApplicationResource } from '../../../agent/domain/resources.ts';
import { aBundle, aLandscape, aSystem, basicAuth, idOf } from '../../data/builders/landscape.ts';
import { openSyncStage } from './open-sync-stage.ts';

const minute = 60_000;
const system = (description = 'ours') =>
  aLandscape([
    aSystem('mp-one', { description, bundles: [aBundle('Orders', { auth: basicAuth('user', 'pass-word') })] }),
  ]);
const secretName = `mp-one-${idOf('bundle Orders')}`;

/** One system in a cluster in which somebody else is at work too. */
function stage() {
  const { cluster, time, log, drift, memory, ...world } = openSyncStage();
  const sync = async (landscape: Landscape = system(), trigger = 'schedule') => {
    await world.sync(landscape, trigger);
    return memory();
  };
  const edit = (change: (application: ApplicationResource) => void) => {
    const application = structuredClone(cluster.applications.get('mp-one'));
    if (application === undefined) throw new Error('mp-one is not there.');
    change(application);
    cluster.applications.set('mp-one', application);
  };
  const description = () => cluster.applications.get('mp-one')?.spec.description;
  const updates = () => cluster.writes.filter((write) => write === 'update mp-one').length;
  return { cluster, time, log, sync, drift, edit, description, updates, report: () => memory().last };
}

describe('a mutating webhook that changes a field', () => {
  const start = () => {
    const world = stage();
    world.cluster.mutate = (object) =>
      'spec' in object ? { ...object, spec: { ...object.spec, description: 'theirs' } } : object;
    return world;
  };

  it('is told with its first answer, as a failure of the system', async () => {
    const { sync, log } = start();
    const { last } = await sync();
    expect(last?.counts).toEqual({ desired: 1, ready: 0, failed: 1 });
    expect(last?.failures).toMatchObject([
      { applicationId: idOf('mp-one'), name: 'mp-one', reason: 'ChangedByOthers' },
    ]);
    expect(last?.failures[0]?.message).toContain('Application mp-one: spec.description is changed on its way');
    expect(log.lines()).toContain('warn Something changes back what the agent writes');
  });

  it('costs ever fewer writes, down to one in a quarter of an hour', async () => {
    const { sync, time, updates } = start();
    const writes: number[] = [];
    for (let at = 0; at < 120; at += 3) {
      const before = updates();
      await sync();
      if (updates() > before) writes.push(at);
      await time.pass(3 * minute);
    }
    expect(writes.slice(0, 5)).toEqual([3, 6, 9, 15, 24]);
    expect(updates()).toBeLessThanOrEqual(13);
  });

  it('does not keep what changes in UCL, or what a person asks for, waiting', async () => {
    const { sync, updates } = start();
    for (let round = 0; round < 4; round += 1) await sync();
    const before = updates();
    await sync();
    expect(updates()).toBe(before);
    await sync(system(), 'manual');
    await sync(system('changed in UCL'));
    expect(updates()).toBe(before + 2);
  });

  it('is forgotten when it is gone', async () => {
    const { sync, time, cluster, description, report } = start();
    for (let round = 0; round < 3; round += 1) await sync();
    cluster.mutate = (object) => object;
    await time.pass(15 * minute);
    await sync();
    expect(description()).toBe('ours');
    expect(report()?.failures).toEqual([]);
    await time.pass(15 * minute);
    expect((await sync()).last?.remarks).toEqual([]);
    await time.pass(60 * minute);
    expect((await sync()).rivalries.size).toBe(0);
  });
});

describe('a mutating webhook that adds a field', () => {
  it('is told, and no failure: all that UCL describes is there', async () => {
    const { sync, cluster } = stage();
    cluster.mutate = (object) => {
      if (!('spec' in object)) return object;
      const services = object.spec.services?.map((service) => ({ ...service, labels: { team: 'a' } }));
      return { ...object, spec: { ...object.spec, ...(services && { services }) } };
    };
    const { last } = await sync();
    expect(last).toMatchObject({ counts: { ready: 1, failed: 0 }, failures: [] });
    expect(last?.remarks).toEqual([
      expect.stringContaining('Application mp-one: spec.services[0].labels is added to on its way into the cluster'),
    ]);
  });
});

describe('another controller that changes a field back', () => {
  it('is written over twice at once, then ever later, and named', async () => {
    const { sync, drift, edit, time, cluster, updates } = stage();
    await sync();
    cluster.managedFields.set('Application mp-one', [
      { manager: 'rival', time: '2026-11-22T12:00:00Z', fieldsV1: { 'f:spec': { 'f:description': {} } } },
    ]);
    const interfere = async () => {
      edit((application) => {
        application.spec.description = 'theirs';
      });
      return drift();
    };
    for (const mended of [1, 2]) {
      const { failures } = (await interfere()) ?? {};
      expect([updates(), failures]).toEqual([mended, []]);
    }
    const third = await interfere();
    expect([updates(), third?.nextWriteAt]).toEqual([2, expect.any(Number)]);
    expect(third?.failures).toMatchObject([{ reason: 'ChangedByOthers' }]);
    expect(third?.failures[0]?.message).toContain('spec.description is changed by the field manager "rival"');
    await time.pass(minute);
    await drift();
    expect(updates()).toBe(3);
  });

  it('is no rival where it changed something once, as people do', async () => {
    const { sync, drift, edit, description } = stage();
    await sync();
    edit((application) => {
      application.spec.description = 'by hand';
    });
    expect(await drift()).toMatchObject({ failures: [], remarks: [] });
    expect(description()).toBe('ours');
  });

  it('is a remark as long as it may come again, once the object is as it should be', async () => {
    const { sync, drift, edit, time } = stage();
    await sync();
    const interfere = () =>
      edit((application) => {
        application.spec.description = 'theirs';
      });
    for (let round = 0; round < 3; round += 1) {
      interfere();
      await drift();
    }
    await time.pass(minute);
    expect(await drift()).toMatchObject({ failures: [], remarks: [expect.stringContaining('did not record')] });
    await time.pass(3 * minute);
    expect(await drift()).toMatchObject({ failures: [], remarks: [] });
  });
});

describe('a Secret that somebody changes back', () => {
  it('is told by the names of its keys, and no value', async () => {
    const { sync, cluster, log } = stage();
    cluster.mutate = (object) =>
      'data' in object ? { ...object, data: { ...object.data, password: 'dGhlaXJz' } } : object;
    const { last } = await sync();
    const [failure] = last?.failures ?? [];
    expect(failure?.message).toContain(`Secret ${secretName}: data.password is changed on its way`);
    const text = `${JSON.stringify(last)}${log.text()}`;
    for (const value of ['dGhlaXJz', 'theirs', 'pass-word']) expect(text).not.toContain(value);
  });
});
