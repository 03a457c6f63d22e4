import { describe, expect, it } from 'vitest';
import type { Action } from '../../../agent/sync/action.ts';
import { explainRefusals, type RefusedWrite, toFirstTryAt, withoutRefused } from '../../../agent/sync/refusals.ts';
import { aBundle, aLandscape, aSystem, basicAuth, idOf } from '../../data/builders/landscape.ts';
import { openSyncStage } from './open-sync-stage.ts';

const minute = 60_000;
const secretName = `mp-one-${idOf('bundle Orders')}`;
const landscape = (description = 'ours', password = 'pass-word') =>
  aLandscape([
    aSystem('mp-one', { description, bundles: [aBundle('Orders', { auth: basicAuth('user', password) })] }),
    aSystem('mp-two'),
  ]);

/** Two systems, and what the API server refuses of the first one. */
function start(refused: string) {
  const stage = openSyncStage();
  stage.cluster.refusals.set(refused, 'Refused');
  const tries = () => stage.cluster.writes.filter((write) => write.endsWith(` ${refused}`)).length;
  return { ...stage, tries };
}

describe('a write that the API server refuses for what is in it', () => {
  it.each([['mp-one'], [secretName]])('of %s is repeated ever more rarely, and told all the time', async (refused) => {
    const { cluster, time, sync, tries } = start(refused);
    const triedAt: number[] = [];
    for (let at = 0; at < 90; at += 3) {
      const before = tries();
      const { failures, applied } = await sync(landscape());
      if (tries() > before) triedAt.push(at);
      expect(failures).toMatchObject([{ applicationId: idOf('mp-one'), reason: 'Refused' }]);
      if (at > 0) expect(applied).toMatchObject({ create: 0, update: 0 });
      await time.pass(3 * minute);
    }
    expect(triedAt).toEqual([0, 6, 15, 30, 45, 60, 75]);
    expect(cluster.applications.has('mp-two')).toBe(true);
  });

  it('says when it is tried again, and is tried then without a read of UCL', async () => {
    const { cluster, time, sync, drift, tries } = start('mp-one');
    const { nextWriteAt } = await sync(landscape());
    expect(nextWriteAt).toBe(time.instant() + 4 * minute);
    await time.pass(minute);
    const { failures } = await sync(landscape());
    expect(failures[0]?.message).toMatch(
      /is refused\. The same is tried again at 2026-11-22T12:04:00Z at the earliest\.$/,
    );
    cluster.refusals.clear();
    await time.pass(3 * minute);
    expect(await drift()).toMatchObject({ failures: [], nextWriteAt: undefined });
    expect(tries()).toBe(2);
  });

  it('does not keep what is described otherwise, or what a person asks for, waiting', async () => {
    const { cluster, sync, tries } = start('mp-one');
    await sync(landscape());
    await sync(landscape());
    expect(tries()).toBe(1);
    await sync(landscape('changed in UCL'));
    expect(tries()).toBe(2);
    cluster.refusals.clear();
    expect(await sync(landscape('changed in UCL'), 'manual')).toMatchObject({ failures: [] });
  });

  it('is over as soon as something else is wanted, and taken', async () => {
    const { cluster, sync, tries } = start(secretName);
    await sync(landscape());
    cluster.refusals.clear();
    expect(await sync(landscape('ours', 'other-word'))).toMatchObject({ failures: [] });
    expect(tries()).toBe(2);
    expect((await sync(landscape('ours', 'other-word'))).refusals.size).toBe(0);
  });

  it('is forgotten with its system', async () => {
    const { sync } = start('mp-one');
    await sync(landscape());
    const { refusals, failures } = await sync(aLandscape([aSystem('mp-two')]));
    expect([...refusals, ...failures]).toEqual([]);
  });
});

describe('what waits', () => {
  const refused = (refusedAt: number, refusals = 1): RefusedWrite => ({
    ...{ wanted: 'digest', refusals, refusedAt },
    failure: { applicationId: 'id', name: 'mp-one', reason: 'Refused', message: 'No.' },
  });
  const toDelete = (name: string) => ({ do: 'delete-secret', name, uid: 'u', version: '1' }) as const;
  const toCreate = (wanted: string) => {
    const manifest = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'two' } } as const;
    return { do: 'create-secret', manifest, wanted } as const;
  };
  const actionOf = (...steps: Action['steps']): Action => ({
    ...{ kind: 'update', applicationId: 'id', systemName: 'mp-one', applicationName: 'mp-one', because: [], steps },
  });

  it('ends its action, whose steps before it are done', () => {
    const refusals = new Map([['Secret two', refused(0)]]);
    const [before, after] = [toDelete('before'), toDelete('after')];
    const whole = actionOf(before, toCreate('digest'), after);
    expect(withoutRefused([whole], refusals, 0)).toEqual([{ ...whole, steps: [before] }]);
    expect(withoutRefused([actionOf(toCreate('digest'), after)], refusals, 0)).toEqual([]);
    const otherwise = actionOf(toCreate('another'), after);
    expect(withoutRefused([otherwise], refusals, 0)).toEqual([otherwise]);
    expect(withoutRefused([whole], refusals, 4 * minute - 1)).toEqual([{ ...whole, steps: [before] }]);
    expect(withoutRefused([whole], refusals, 4 * minute)).toEqual([whole]);
  });

  it('is explained between the try that failed and the next one', () => {
    const explain = (instant: number) =>
      explainRefusals(new Map([['Secret two', refused(0)]]), { now: new Date(instant), instant });
    expect(explain(0)).toEqual([]);
    expect(explain(1)).toMatchObject([{ reason: 'Refused', message: expect.stringContaining('00:04:00Z') }]);
    expect(explain(4 * minute - 1)).toHaveLength(1);
    expect(explain(4 * minute)).toEqual([]);
  });

  it('is tried when the first of it is due; what is due already waits for nothing', () => {
    const refusals = new Map([
      ['Secret one', refused(0)],
      ['Secret two', refused(minute)],
      ['Secret three', refused(0, 3)],
    ]);
    expect(toFirstTryAt(refusals, 0)).toBe(4 * minute);
    expect(toFirstTryAt(refusals, 4 * minute)).toBe(5 * minute);
    expect(toFirstTryAt(refusals, 15 * minute)).toBeUndefined();
    expect(toFirstTryAt(new Map(), 0)).toBeUndefined();
  });
});
