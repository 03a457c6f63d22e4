import { expect, it } from 'vitest';
import type { Life } from '../agent/life.ts';
import type { Place } from '../cluster/object.ts';
import { chooseSettings } from '../history/settings.ts';
import { places, World } from '../history/world.ts';
import type { Page } from '../ucl/to-page.ts';
import { watchRemovals } from './watch-removals.ts';

const life: Life = {
  agent: 'agent-1',
  number: 1,
  isDead: false,
  listening: new Set(),
  held: undefined,
  calls: 0,
  dies: undefined,
  onDeath: () => undefined,
};

const placeOf = ({ name }: { readonly name: string }): Place => ({ plural: 'applications', namespace: '', name });

/** The agent deletes their Applications. */
function destroy({ server }: World, systems: readonly { readonly name: string }[]): void {
  for (const system of systems) {
    const asked = { isStatus: false, query: new URLSearchParams(), sent: { metadata: { name: system.name } } };
    server.answer({ verb: 'delete', place: placeOf(system), ...asked }, 'agent-1');
  }
}

/** A world without an agent, where so many systems have their Application: what one would do is told to the judge. */
function openCourt(systems: number) {
  const world = new World(1, { ...chooseSettings(1), systems });
  const judge = watchRemovals(world);
  world.observers.push(judge);
  const { landscape } = world.ucl;
  const all = landscape.present();
  const create = (indices: readonly number[]) => {
    for (const system of indices.flatMap((index) => all[index] ?? [])) {
      world.server.create(placeOf(system), { spec: { compassMetadata: { applicationId: system.id } } });
    }
  };
  create(all.map((_, index) => index));
  return {
    /** The agent reads UCL after these have left, asks for the ids, or not, and removes them. */
    remove: (indices: readonly number[], isLookedUp = true) => {
      const leaving = indices.flatMap((index) => all[index] ?? []);
      for (const { id } of leaving) landscape.depart(id);
      read(world, judge);
      if (isLookedUp) look(world, judge);
      destroy(world, leaving);
    },
    /** The pages skip the first system, which is assigned all the time; a look at the ids names those, which is a lie or not. */
    removeSkipped: (indices: readonly number[], isLie: boolean) => {
      const idsOf = (systems: typeof all) => systems.map(({ id }) => id);
      deliver(world, judge, { ids: idsOf(all.slice(1)), total: all.length - 1 }, 'only');
      const named = idsOf(indices.flatMap((index) => all[index] ?? []));
      deliver(world, judge, { ids: named, total: named.length, isIdsOnly: true, isLie }, 'only');
      destroy(world, all.slice(0, 1));
    },
    /** These leave, or come back, and the agent reads UCL, writes down what that came to, or not, and dies. */
    readAfter: (
      { leave = [], comeBack = [] }: { leave?: readonly number[]; comeBack?: readonly number[] },
      isWritten: boolean,
    ) => {
      for (const { id } of leave.flatMap((index) => all[index] ?? [])) landscape.depart(id);
      for (const { id } of comeBack.flatMap((index) => all[index] ?? [])) landscape.comeBack(id);
      read(world, judge);
      if (isWritten) writeDown(world);
      judge.onDeath?.(life);
    },
    /** The agent reads one system a page, and these leave after it has read the first page. */
    readWhileLeave: (indices: readonly number[]) => {
      const [first] = landscape.present();
      deliver(world, judge, { ids: first === undefined ? [] : [first.id], total: landscape.present().length }, 'first');
      for (const { id } of indices.flatMap((index) => all[index] ?? [])) landscape.depart(id);
      deliver(world, judge, { ids: [], total: landscape.present().length }, 'last');
    },
    comeBack: (indices: readonly number[]) => {
      for (const { id } of indices.flatMap((index) => all[index] ?? [])) landscape.comeBack(id);
    },
    pass: (ms: number) => {
      world.timeline.now += ms;
    },
    /** Somebody puts these back, as from a backup. */
    restore: create,
    violations: () => world.violations.map(({ invariant }) => invariant),
  };
}

function read(world: World, judge: ReturnType<typeof watchRemovals>): void {
  const ids = world.ucl.landscape.present().map(({ id }) => id);
  deliver(world, judge, { ids, total: ids.length }, 'only');
}

/** The ids alone. */
function look(world: World, judge: ReturnType<typeof watchRemovals>): void {
  const ids = world.ucl.landscape.present().map(({ id }) => id);
  deliver(world, judge, { ids, total: ids.length, isIdsOnly: true }, 'only');
}

/** A page that comes whole. */
function deliver(
  { timeline }: World,
  judge: ReturnType<typeof watchRemovals>,
  told: Pick<Page, 'ids' | 'total'> & Partial<Pick<Page, 'isIdsOnly' | 'isLie'>>,
  place: 'first' | 'last' | 'only',
): void {
  const [isFirst, isLast] = [place !== 'last', place !== 'first'];
  const page = { answer: {}, broken: [], isFirst, isLast, isLie: false, isUsable: true, isIdsOnly: false, ...told };
  const answer = { kind: 'answer', status: 200, body: '' } as const;
  const asked = {
    at: timeline.now,
    sentAt: timeline.now,
    api: 'director',
    operation: 'LandscapePage',
    offset: isFirst ? 0 : 1,
    answer,
  } as const;
  const call = { ...asked, page };
  judge.onUclCall?.(call, life);
  judge.onUclDelivered?.(call, life);
}

function writeDown(world: World): void {
  const sent = { metadata: { name: places.connection.name, annotations: { note: String(world.timeline.now) } } };
  const verb = world.server.storage.get(places.connection) === undefined ? 'create' : 'update';
  const asked = { isStatus: false, query: new URLSearchParams(), sent };
  world.server.answer({ verb, place: places.connection, ...asked }, 'agent-1');
}

it.each([
  ['begins a hold anew for what a read has shown again', true],
  ['goes on with a hold where whoever read so died before it was written down', false],
])('%s', (_, isWritten) => {
  const { readAfter, remove, pass, violations } = openCourt(2);
  const both = [0, 1];
  readAfter({ leave: both }, true);
  pass(300_000);
  readAfter({ comeBack: both }, isWritten);
  pass(60_000);
  readAfter({ leave: both }, true);
  pass(300_000);
  remove(both);
  expect(violations()).toEqual(isWritten ? ['large-removals-wait'] : []);
});

it('goes on with a hold where a read shows on a page what has left by the next one', () => {
  const { readAfter, readWhileLeave, comeBack, remove, pass, violations } = openCourt(2);
  const both = [0, 1];
  readAfter({ leave: both }, true);
  pass(300_000);
  comeBack(both);
  readWhileLeave(both);
  pass(60_000);
  readAfter({ leave: both }, true);
  pass(300_000);
  remove([1, 0]);
  expect(violations()).toEqual([]);
});

it('counts no read as a confirmation during which a system left', () => {
  const { readAfter, readWhileLeave, comeBack, remove, pass, violations } = openCourt(3);
  readAfter({ leave: [1, 2] }, true);
  pass(300_000);
  readWhileLeave([0]);
  comeBack([0]);
  pass(300_000);
  remove([0, 1, 2]);
  expect(violations()).toEqual(['large-removals-wait']);
});

it.each([
  ['a look that tells the truth', [1, 2], false, ['removals-are-true']],
  ['a look that lies', [1, 2], true, []],
  ['a look that lies and lacks all that the read held', [], true, ['removals-are-true']],
] as const)('judges by the world what is removed by a read that skipped it and by %s', (_, named, isLie, expected) => {
  const { removeSkipped, violations } = openCourt(3);
  removeSkipped(named, isLie);
  expect(violations()).toEqual(expected);
});

it('sums up over an hour what went', () => {
  const { remove, violations } = openCourt(7);
  remove([0, 1, 2]);
  expect(violations()).toEqual([]);
  remove([3, 4, 5]);
  expect(violations()).toEqual(['large-removals-wait']);
});

it('counts nothing that people have restored since', () => {
  const { remove, restore, violations } = openCourt(7);
  remove([0, 1, 2]);
  restore([0, 1, 2]);
  remove([0, 1, 2]);
  expect(violations()).toEqual([]);
  remove([3, 4, 5]);
  expect(violations()).toEqual(['large-removals-wait']);
});

it('demands a look at the ids between the last read and a removal', () => {
  const { remove, violations } = openCourt(3);
  remove([0], false);
  expect(violations()).toEqual(['removals-are-true']);
});
