import { expect, it } from 'vitest';
import type { Life } from '../agent/life.ts';
import { type KubeFaults, noKubeFaults } from '../cluster/no-kube-faults.ts';
import { annotate } from '../history/meddle.ts';
import { chooseSettings } from '../history/settings.ts';
import { places, World } from '../history/world.ts';
import type { UclCall } from '../ucl/ucl.ts';
import { watchPace } from './watch-pace.ts';

/** A world without an agent: what one would do is told to the judge. */
function openCourt(floor = '15s') {
  const settings = chooseSettings(1);
  const world = new World(1, { ...settings, env: { ...settings.env, APP_MINIMAL_COMPASS_SYNC_TIME: floor } });
  world.server.create(places.connection, { spec: {} });
  world.observers.push(watchPace(world));
  // The installation is over.
  world.timeline.now += 10 * 60_000;
  let written = 0;
  const write = (times: number) => {
    for (let count = 0; count < times; count += 1) {
      written += 1;
      const sent = { metadata: { name: places.connection.name }, status: { lastSync: `at ${written}` } };
      const asked = { isStatus: true, query: new URLSearchParams(), sent };
      world.server.answer({ verb: 'update', place: places.connection, ...asked }, 'agent-1');
    }
  };
  return { world, write };
}

it.each([
  ['six times a minute', '15s', 6],
  ['once more where retries may come at once', '0s', 7],
])('lets the status be written %s', (_, floor, writes) => {
  const { world, write } = openCourt(floor);
  write(writes);
  expect(world.violations).toEqual([]);
  write(1);
  expect(world.violations).toMatchObject([{ invariant: 'status-is-written-rarely' }]);
});

it('counts the installation as a change by people', () => {
  const { world, write } = openCourt();
  world.timeline.now -= 10 * 60_000;
  write(7);
  expect(world.violations).toEqual([]);
  write(1);
  expect(world.violations).toMatchObject([{ invariant: 'status-is-written-rarely' }]);
});

it.each<[string, Partial<KubeFaults>, number]>([
  ['from when the agent can hear of it', { outage: 'unreachable' }, 7],
  ['from when it can be told, where the API server failed', { outage: 'failing' }, 7],
  ['from when it is told, where the answers to the agent were lost', { lostAnswers: 0.6 }, 7],
  ['from when it happened where the agent heard of it', {}, 6],
])('counts a change by people %s', (_, faults, writes) => {
  const { world, write } = openCourt();
  Object.assign(world.server.faults, faults);
  annotate(world, places.connection, 'somebody', 'was here');
  world.server.faults = noKubeFaults();
  world.timeline.now += 10 * 60_000;
  write(1);
  world.timeline.now += 50_000;
  write(writes - 1);
  expect(world.violations).toEqual([]);
  write(1);
  expect(world.violations).toMatchObject([{ invariant: 'status-is-written-rarely' }]);
});

it('counts what people did in an outage for a minute after the status was written again, and no longer', () => {
  const { world, write } = openCourt();
  world.server.faults.outage = 'unreachable';
  annotate(world, places.connection, 'somebody', 'was here');
  world.server.faults.outage = undefined;
  write(1);
  world.timeline.now += 2 * 60_000;
  write(6);
  expect(world.violations).toEqual([]);
  write(1);
  expect(world.violations).toMatchObject([{ invariant: 'status-is-written-rarely' }]);
});

/** Lets the agent ask for pages of the landscape, each by this call. */
function openDirector(world: World, call: UclCall) {
  const life = { agent: 'agent-1', number: 1 } as Life;
  const ask = (count: number) => {
    for (let index = 0; index < count; index += 1) for (const judge of world.observers) judge.onUclCall?.(call, life);
  };
  const pages = Math.max(Math.ceil(world.ucl.landscape.systems.size / world.config.compassPageSize), 1);
  return { life, pages, ask };
}

it.each([
  ['as long as no read has come to its end since', false, 27],
  ['no longer than a minute after a read that came to its end', true, 0],
])('lets systems that spoiled their page be asked for alone %s', (_, isEnded, more) => {
  const { world } = openCourt();
  const ids = world.ucl.landscape.present().map(({ id }) => id);
  const page = { answer: {}, ids, broken: [], total: ids.length, isFirst: true, isLast: true, isLie: false };
  const call: UclCall = {
    at: world.timeline.now,
    sentAt: 0,
    api: 'director',
    operation: 'LandscapePage',
    offset: 0,
    answer: { kind: 'answer', status: 200, body: '' },
    page: { ...page, isIdsOnly: false, isUsable: isEnded },
  };
  const { life, pages, ask } = openDirector(world, call);
  world.ucl.faults.distortions.add('partial');
  ask(1);
  world.ucl.faults.distortions.clear();
  world.timeline.now += 61_000;
  for (const judge of world.observers) judge.onUclDelivered?.({ ...call, at: world.timeline.now }, life);
  world.timeline.now += 61_000;
  ask(2 * pages + 10 + more);
  expect(world.violations).toEqual([]);
  ask(1);
  expect(world.violations).toMatchObject([{ invariant: 'ucl-is-left-in-peace' }]);
});

it.each([
  ['twice as often', 5_000, 2],
  ['as often as ever', 61_000, 1],
])('lets UCL be asked %s where it contradicted itself %i ms ago', (_, agoMs, times) => {
  const { world } = openCourt();
  const call: UclCall = {
    at: 0,
    sentAt: 0,
    api: 'director',
    operation: 'LandscapePage',
    offset: 0,
    answer: { kind: 'answer', status: 200, body: '' },
  };
  const { pages, ask } = openDirector(world, call);
  world.ucl.faults.distortions.add('miscounted');
  ask(1);
  world.ucl.faults.distortions.clear();
  world.timeline.now += agoMs;
  ask(2 * times * pages + 10 - (times === 2 ? 1 : 0));
  expect(world.violations).toEqual([]);
  ask(1);
  expect(world.violations).toMatchObject([{ invariant: 'ucl-is-left-in-peace' }]);
});
