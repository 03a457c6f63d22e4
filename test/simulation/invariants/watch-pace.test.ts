import { expect, it } from 'vitest';
import { chooseSettings } from '../history/settings.ts';
import { places, World } from '../history/world.ts';
import { watchPace } from './watch-pace.ts';

it.each([
  ['six times a minute', '15s', 6],
  ['three times more where retries may come at once', '0s', 9],
])('lets the status be written %s', (_, floor, writes) => {
  const settings = chooseSettings(1);
  const world = new World(1, { ...settings, env: { ...settings.env, APP_MINIMAL_COMPASS_SYNC_TIME: floor } });
  world.server.create(places.connection, { spec: {} });
  world.observers.push(watchPace(world));
  const write = (lastSync: string) => {
    const sent = { metadata: { name: places.connection.name }, status: { lastSync } };
    const asked = { isStatus: true, query: new URLSearchParams(), sent };
    world.server.answer({ verb: 'update', place: places.connection, ...asked }, 'agent-1');
  };
  for (let count = 0; count < writes; count += 1) write(`at ${count}`);
  expect(world.violations).toEqual([]);
  write('once more');
  expect(world.violations).toMatchObject([{ invariant: 'status-is-written-rarely' }]);
});
