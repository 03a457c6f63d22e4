import { describe, expect, it } from 'vitest';
import {
  emptyPruneMemory,
  findHoldRule,
  intendRemovals,
  permitRemovals,
  toRemovedKeys,
} from '../../../agent/sync/deletion-policy.ts';
import { readPruneNote, toPruneNote } from '../../../agent/sync/prune-note.ts';
import { anApplication } from '../../data/builders/kubernetes-objects.ts';
import { aSystem } from '../../data/builders/landscape.ts';
import { at, clusterOf, decide, holdMs, moment, momentAt, restart, systems, yearMs } from './decide-on-cluster.ts';

describe('the guard of removals', () => {
  it.each([
    ['the only Application', 1, 0],
    ['three of ten', 10, 7],
    ['five of six', 6, 1],
    ['half of twelve', 12, 6],
  ])('lets %s go at once', async (_, before, after) => {
    expect(decide(await clusterOf(before), systems(after))).toMatchObject({ held: [], allowed: before - after });
  });

  it.each([
    ['both of two', 2, 0],
    ['all of ten', 10, 0],
    ['six of ten', 10, 4],
    ['seven of twelve', 12, 5],
  ])('holds %s', async (_, before, after) => {
    expect(decide(await clusterOf(before), systems(after))).toMatchObject({ held: [before - after], actions: [] });
  });

  it('takes as the whole what could be removed: neither opted out, nor being deleted already', async () => {
    const cluster = await clusterOf(7);
    cluster.annotate('mp-000', { 'compass.kyma-project.io/reconcile': 'disabled' });
    cluster.terminate('mp-001', ['example.com/keep']);
    expect(decide(cluster, [])).toMatchObject({ held: [5], allowed: 0 });
  });

  it('lets go what two later reads confirm, a quarter of the hold apart, once it has passed', async () => {
    const cluster = await clusterOf(10);
    const begun = decide(cluster, []);
    const half = decide(cluster, [], { memory: begun.memory, ...moment(300_000) });
    expect(half).toMatchObject({ held: [10], allowed: 0 });
    expect(decide(cluster, [], { memory: half.memory, ...moment(599_999) })).toMatchObject({ held: [10], allowed: 0 });
    expect(decide(cluster, [], { memory: half.memory, ...moment(600_000) })).toMatchObject({
      held: [],
      allowed: 10,
      ended: [{ count: 10, by: 'time' }],
    });
  });

  it('is not satisfied by one later read, nor by two that lie close together, however late', async () => {
    const cluster = await clusterOf(10);
    const begun = decide(cluster, []);
    const late = decide(cluster, [], { memory: begun.memory, ...moment(10 * holdMs) });
    expect(late).toMatchObject({ held: [10], allowed: 0 });
    const close = decide(cluster, [], { memory: late.memory, ...moment(10 * holdMs + 149_999) });
    expect(close).toMatchObject({ held: [10], allowed: 0 });
    const apart = decide(cluster, [], { memory: close.memory, ...moment(10 * holdMs + 150_000) });
    expect(apart).toMatchObject({ allowed: 10 });
  });

  it('counts from when a read has come, and until a later one begins: slow answers make no hold shorter', async () => {
    const cluster = await clusterOf(10);
    const begun = decide(cluster, [], moment(0, 0, 80_000));
    const half = decide(cluster, [], { memory: begun.memory, ...moment(300_000) });
    expect(decide(cluster, [], { memory: half.memory, ...moment(679_999, 0, 80_000) }).allowed).toBe(0);
    expect(decide(cluster, [], { memory: half.memory, ...moment(680_000) }).allowed).toBe(10);
    const late = decide(cluster, [], { memory: begun.memory, ...moment(600_000, 0, 80_000) });
    expect(decide(cluster, [], { memory: late.memory, ...moment(829_999, 0, 80_000) }).allowed).toBe(0);
    expect(decide(cluster, [], { memory: late.memory, ...moment(830_000) }).allowed).toBe(10);
  });

  it('does not begin anew when systems arrive or return: those that returned leave the list', async () => {
    const cluster = await clusterOf(10);
    const begun = decide(cluster, []);
    const returned = decide(cluster, systems(1), { memory: begun.memory, ...moment(300_000) });
    expect(returned.held).toEqual([9]);
    expect(returned.memory.holds[0]).toMatchObject({ id: begun.memory.holds[0]?.id, since: at(0) });
    const arrived = decide(cluster, [...systems(1), aSystem('mp-new')], {
      memory: returned.memory,
      ...moment(600_000),
    });
    expect(arrived.allowed).toBe(9);
  });

  it('counts a system that is back under a new name as returned', async () => {
    const cluster = await clusterOf(10);
    const begun = decide(cluster, []);
    const [first, ...others] = systems(10);
    const renamed = [...others, { ...aSystem('mp-renamed'), id: first?.id ?? '' }];
    expect(decide(cluster, renamed, { memory: begun.memory, ...moment(1) })).toMatchObject({ held: [], allowed: 1 });
  });

  it('gives a further departure a hold of its own', async () => {
    const cluster = await clusterOf(10);
    const begun = decide(cluster, systems(3));
    const further = decide(cluster, systems(2), { memory: begun.memory, ...moment(300_000) });
    expect(further.held).toEqual([7, 1]);
    expect(decide(cluster, systems(2), { memory: further.memory, ...moment(600_000) })).toMatchObject({
      held: [1],
      allowed: 7,
    });
  });

  it('lets go at once what a person approved, also after the list has shrunk, and exactly that hold', async () => {
    const cluster = await clusterOf(10);
    const begun = decide(cluster, []);
    const [id = ''] = begun.memory.holds.map((hold) => hold.id);
    const approved = decide(cluster, systems(2), { memory: begun.memory, approvedIds: [id], ...moment(1) });
    expect(approved).toMatchObject({ held: [], allowed: 8, ended: [{ id, count: 8, by: 'approval' }] });
    expect(decide(cluster, [], { memory: begun.memory, approvedIds: ['other'], ...moment(1) }).allowed).toBe(0);
  });

  it('takes an approval once: the same Applications held again are another hold', async () => {
    const cluster = await clusterOf(10);
    const begun = decide(cluster, []);
    const [id = ''] = begun.memory.holds.map((hold) => hold.id);
    const approved = decide(cluster, [], { memory: begun.memory, approvedIds: [id], ...moment(1) });
    const later = decide(cluster, [], { memory: approved.memory, approvedIds: [id], ...moment(7_200_000) });
    expect(later).toMatchObject({ held: [10], allowed: 0 });
  });

  it('waits for a person for ever where nobody set a time', async () => {
    const cluster = await clusterOf(10);
    const begun = decide(cluster, [], { holdMs: undefined });
    const half = decide(cluster, [], { holdMs: undefined, memory: begun.memory, ...moment(holdMs) });
    const late = decide(cluster, [], { holdMs: undefined, memory: half.memory, ...moment(100 * holdMs) });
    expect(late).toMatchObject({ held: [10], allowed: 0 });
  });

  it('sums small removals over an hour', async () => {
    const cluster = await clusterOf(10);
    const memory = intendRemovals(emptyPruneMemory, 5, momentAt(0));
    expect(decide(cluster, systems(9), { memory, ...moment(1) }).held).toEqual([]);
    expect(decide(cluster, systems(6), { memory, ...moment(3_599_999) }).held).toEqual([4]);
    expect(decide(cluster, systems(6), { memory, ...moment(3_600_000) }).held).toEqual([]);
  });

  it.each([-yearMs, yearMs])('sums them over the same hour where the wall clock is set by %d ms', async (byMs) => {
    const cluster = await clusterOf(10);
    const memory = intendRemovals(emptyPruneMemory, 5, momentAt(0));
    expect(decide(cluster, systems(6), { memory, ...moment(3_599_999, byMs) }).held).toEqual([4]);
    expect(decide(cluster, systems(6), { memory, ...moment(3_600_000, byMs) }).held).toEqual([]);
  });

  it('counts removals whose answer was lost, and those no more that a plan shows to be there still', async () => {
    const cluster = await clusterOf(10);
    const { actions } = decide(cluster, systems(5));
    const memory = intendRemovals(emptyPruneMemory, 5, momentAt(0), actions.flatMap(toRemovedKeys));
    const still = decide(cluster, systems(5), { memory, ...moment(1) });
    expect(still).toMatchObject({ held: [], allowed: 5, memory: { removals: [] } });
    for (const { applicationName } of actions) cluster.applications.delete(applicationName);
    const settled = decide(cluster, systems(5), { memory, ...moment(1) });
    expect(decide(cluster, systems(4), { memory: settled.memory, ...moment(2) })).toMatchObject({
      held: [1],
      allowed: 0,
    });
  });

  it('holds the last of several Applications that go one by one', async () => {
    const memory = intendRemovals(emptyPruneMemory, 1, momentAt(0));
    const cluster = await clusterOf(1);
    expect(decide(cluster, [], { memory, ...moment(1) }).held).toEqual([1]);
    expect(decide(cluster, [], { memory, ...moment(3_600_000) }).held).toEqual([]);
  });

  it('keeps holding what is left when somebody deletes one of the held Applications by hand', async () => {
    const cluster = await clusterOf(2);
    const { memory } = decide(cluster, []);
    cluster.applications.delete('mp-000');
    expect(decide(cluster, [], { memory, ...moment(1) })).toMatchObject({ held: [1], allowed: 0 });
  });

  it('counts renames as removals, and lets their creations through meanwhile', async () => {
    const renamed = systems(10).map((system) => ({ ...system, name: `${system.name}-new` }));
    const { held, actions } = decide(await clusterOf(10), renamed);
    expect(held).toEqual([10]);
    expect(actions.flatMap(({ steps }) => steps.map((step) => step.do))).toEqual(Array(10).fill('create-application'));
  });

  it('still writes what is new while it holds', async () => {
    const { actions, held } = decide(await clusterOf(10), [aSystem('mp-new')]);
    expect(held).toEqual([10]);
    expect(actions).toMatchObject([{ kind: 'create', applicationName: 'mp-new' }]);
  });

  it('lets nothing go after an incomplete read, confirms nothing by it, and remembers what is held', async () => {
    const cluster = await clusterOf(10);
    const { memory } = decide(cluster, []);
    const incomplete = decide(cluster, systems(9), { isComplete: false, memory, ...moment(holdMs) });
    expect(incomplete).toMatchObject({ allowed: 0, held: [1] });
    expect(decide(cluster, systems(9), { memory: incomplete.memory, ...moment(2 * holdMs) }).allowed).toBe(0);
  });

  it('never removes an Application under the policy upsert-only', async () => {
    expect(decide(await clusterOf(3), systems(2), { policy: 'upsert-only' })).toMatchObject({ allowed: 0, held: [] });
  });
});

describe('an action', () => {
  const toDelete = (name: string) => ({ do: 'delete-application', name, uid: `uid of ${name}`, version: '1' }) as const;
  const base = { applicationId: 'id', systemName: 'mp-new', applicationName: 'mp-new', because: [] };

  it("removes by keys that tell a rename's leftover from the departure of the same system; they outlive a version", () => {
    const steps = [toDelete('mp-old')];
    expect(toRemovedKeys({ ...base, kind: 'delete', steps })).toEqual(['id/mp-old']);
    expect(toRemovedKeys({ ...base, kind: 'rename', steps })).toEqual(['id/former/mp-old']);
  });

  it('removes those of its Applications, with their Secrets, that may go, whatever the others may', () => {
    const create = { do: 'create-application', manifest: anApplication('mp-new'), wanted: 'x' } as const;
    const secretOf = (name: string) =>
      ({ do: 'delete-secret', name: `${name}-secret`, uid: 'u', version: '1' }) as const;
    const old = [secretOf('mp-old'), toDelete('mp-old')];
    const older = [secretOf('mp-older'), toDelete('mp-older')];
    const action = { ...base, kind: 'rename', steps: [create, ...old, ...older] } as const;
    const permitted = (...names: string[]) =>
      permitRemovals([action], new Set(names.map((name) => `id/former/${name}`))).map(({ steps }) => steps);
    expect(permitted()).toEqual([[create]]);
    expect(permitted('mp-old')).toEqual([[create, ...old]]);
    expect(permitted('mp-older')).toEqual([[create, ...older]]);
    expect(permitted('mp-old', 'mp-older')).toEqual([action.steps]);
    expect(permitRemovals([{ ...action, steps: old }], new Set())).toEqual([]);
  });

  it('is held by no rule where it removes nothing, however much went before', () => {
    expect(findHoldRule({ actions: [], removableCount: 0 }, [{ at: at(0), instant: 0, count: 9 }])).toBeUndefined();
  });
});

describe('a hold after a restart', () => {
  it('goes on with what remains of it, and needs two reads of the new life', async () => {
    const cluster = await clusterOf(10);
    const half = decide(cluster, [], { memory: decide(cluster, []).memory, ...moment(300_000) });
    const memory = restart(toPruneNote(half.memory));
    const started = decide(cluster, [], { memory, readSince: 0, moment: { now: at(400_000), instant: 0 } });
    expect(started).toMatchObject({ held: [10], allowed: 0 });
    expect(started.memory.holds).toMatchObject([{ id: half.memory.holds[0]?.id, since: at(0), endsAt: 200_000 }]);
    expect(decide(cluster, [], { memory: started.memory, ...moment(199_999) }).allowed).toBe(0);
    expect(decide(cluster, [], { memory: started.memory, ...moment(200_000) }).allowed).toBe(10);
  });

  it.each([
    ['a year later', 365 * 24 * 3_600_000, 150_000],
    ['by a clock that was set back by a year', -365 * 24 * 3_600_000, holdMs],
  ])('%s lasts no longer than a hold, and two reads all the same', async (_, laterMs, endsMs) => {
    const cluster = await clusterOf(10);
    const memory = restart(toPruneNote(decide(cluster, []).memory));
    const started = decide(cluster, [], { memory, readSince: 0, moment: { now: at(laterMs), instant: 0 } });
    expect(started).toMatchObject({ held: [10], allowed: 0 });
    expect(decide(cluster, [], { memory: started.memory, ...moment(endsMs - 1) }).allowed).toBe(0);
    expect(decide(cluster, [], { memory: started.memory, ...moment(endsMs) }).allowed).toBe(10);
  });

  it.each([
    ['counts for what is left of its hour', 0, 3_600_000],
    ['counts for an hour from now where it lies ahead by a clock that was set back', -yearMs, 3_601_000],
    ['counts for an hour from now where the clock says that it was longer ago than a note lasts', yearMs, 3_601_000],
  ])('a removal of its former life %s', async (_, offsetMs, endsMs) => {
    const cluster = await clusterOf(10);
    const memory = restart(toPruneNote(intendRemovals(emptyPruneMemory, 5, momentAt(0))));
    const started = decide(cluster, systems(6), { memory, ...moment(1_000, offsetMs) });
    expect(started.held).toEqual([4]);
    const later = { ...started.memory, holds: [] };
    expect(decide(cluster, systems(6), { memory: later, ...moment(endsMs - 1, offsetMs) }).held).toEqual([4]);
    expect(decide(cluster, systems(6), { memory: later, ...moment(endsMs, offsetMs) }).held).toEqual([]);
  });

  it.each([-yearMs, yearMs])(
    'is as old as its former life measured it where the wall clock was set by %d ms and that life saw it',
    async (byMs) => {
      const cluster = await clusterOf(10);
      const begun = decide(cluster, [], { memory: intendRemovals(emptyPruneMemory, 2, momentAt(0)) });
      const seen = decide(cluster, [], { memory: begun.memory, ...moment(60_000, byMs) });
      const memory = restart(toPruneNote(seen.memory));
      const started = decide(cluster, [], {
        memory,
        readSince: 0,
        moment: { now: at(100_000 + byMs), instant: 0 },
      }).memory;
      expect(started.removals).toMatchObject([{ count: 2, instant: -100_000 }]);
      expect(started.holds).toMatchObject([{ since: at(byMs), endsAt: holdMs - 100_000 }]);
    },
  );

  it('stays as it is noted while the wall clock goes a few seconds wrong', async () => {
    const cluster = await clusterOf(10);
    const begun = decide(cluster, [], { memory: intendRemovals(emptyPruneMemory, 2, momentAt(0)) });
    const later = decide(cluster, [], { memory: begun.memory, ...moment(60_000, 59_000) });
    expect(toPruneNote(later.memory)).toBe(toPruneNote(begun.memory));
  });

  it('takes the approval of its former life', async () => {
    const cluster = await clusterOf(10);
    const begun = decide(cluster, []);
    const memory = restart(toPruneNote(begun.memory));
    const approvedIds = begun.memory.holds.map(({ id }) => id);
    expect(decide(cluster, [], { memory, approvedIds, ...moment(1) }).allowed).toBe(10);
  });

  it.each([
    undefined,
    '',
    '{',
    '[]',
    '{"holds":[{"id":"a"}],"removals":[]}',
    '{"holds":[],"removals":[{"at":"x","count":1}]}',
  ])('begins anew where the note is %j', (note) => {
    expect(restart(note)).toEqual(emptyPruneMemory);
  });

  it('leaves a list out of the note that no annotation could hold, and keeps the removals', () => {
    const keys = Array.from({ length: 10_000 }, (_, index) => `00000000-0000-0000-0000-${index}/mp-${index}`);
    const hold = { id: 'a', keys, since: at(0), until: at(1), endsAt: 1, confirmedAt: undefined };
    const removals = [{ at: at(0), instant: 0, count: 3 }];
    const note = toPruneNote({ holds: [hold], earlier: [], removals });
    expect(note?.length).toBeLessThan(100_000);
    expect(readPruneNote(note)).toEqual({ earlier: [], removals: [{ at: at(0), instant: undefined, count: 3 }] });
  });

  it('has nothing in the note that a terminal would obey, and reads the same ids from it', () => {
    const keys = ['id\u001b[2J\u009b\u202e\u200b/mp-a'];
    const hold = { id: 'a', keys, since: at(0), until: at(1), endsAt: 1, confirmedAt: undefined };
    const note = toPruneNote({ holds: [hold], earlier: [], removals: [] });
    expect(note).toMatch(/^[\x20-\x7e]+$/);
    expect(readPruneNote(note).earlier[0]?.keys).toEqual(keys);
  });
});
