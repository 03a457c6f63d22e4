import { expect, it } from 'vitest';
import type { Life } from '../agent/life.ts';
import type { Place } from '../cluster/object.ts';
import { chooseSettings } from '../history/settings.ts';
import { World } from '../history/world.ts';
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

/** A world without an agent, where so many systems have their Application: what one would do is told to the judge. */
function openCourt(systems: number) {
  const world = new World(1, { ...chooseSettings(1), systems });
  const judge = watchRemovals(world);
  world.observers.push(judge);
  const { landscape } = world.ucl;
  const all = landscape.present();
  const placeOf = ({ name }: { readonly name: string }): Place => ({ plural: 'applications', namespace: '', name });
  const create = (indices: readonly number[]) => {
    for (const system of indices.flatMap((index) => all[index] ?? [])) {
      world.server.create(placeOf(system), { spec: { compassMetadata: { applicationId: system.id } } });
    }
  };
  create(all.map((_, index) => index));
  return {
    /** The agent reads UCL after these have left, and removes them. */
    remove: (indices: readonly number[]) => {
      const leaving = indices.flatMap((index) => all[index] ?? []);
      for (const { id } of leaving) landscape.depart(id);
      read(world, judge);
      for (const system of leaving) {
        const asked = { isStatus: false, query: new URLSearchParams(), sent: { metadata: { name: system.name } } };
        world.server.answer({ verb: 'delete', place: placeOf(system), ...asked }, 'agent-1');
      }
    },
    /** Somebody puts these back, as from a backup. */
    restore: create,
    violations: () => world.violations.map(({ invariant }) => invariant),
  };
}

function read({ ucl, timeline }: World, judge: ReturnType<typeof watchRemovals>): void {
  const ids = ucl.landscape.present().map(({ id }) => id);
  const page = { answer: {}, ids, broken: [], isFirst: true, isLast: true, isLie: false, isUsable: true };
  const answer = { kind: 'answer', status: 200, body: '' } as const;
  const asked = {
    at: timeline.now,
    sentAt: timeline.now,
    api: 'director',
    operation: 'LandscapePage',
    offset: 0,
    answer,
  } as const;
  judge.onUclDelivered?.({ ...asked, page: { ...page, isIdsOnly: false } }, life);
}

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
