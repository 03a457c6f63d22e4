import { expect, it } from 'vitest';
import type { Life } from '../agent/life.ts';
import { annotate } from '../history/meddle.ts';
import { chooseSettings } from '../history/settings.ts';
import { places, World } from '../history/world.ts';
import type { UclCall } from '../ucl/ucl.ts';
import { watchCredentials } from './watch-credentials.ts';

const hour = 3_600_000;
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

/** A world without an agent: what one would do is told to the judge. */
function openCourt() {
  const world = new World(1, { ...chooseSettings(1), certificateLifeMs: 90 * 24 * hour });
  const judge = watchCredentials(world);
  world.observers.push(judge);
  world.server.create(places.connection, { spec: {} });
  return {
    ask: (value: string) => annotate(world, places.connection, 'compass.kyma-project.io/renew-requested-at', value),
    setField: (isSet: boolean) =>
      world.server.change(places.connection, (object) => ({ ...object, spec: { refreshCredentialsNow: isSet } })),
    echo: (value: string) =>
      annotate(world, places.connection, 'compass.kyma-project.io/last-handled-renew-request', value),
    sign: () => {
      const answer = { kind: 'answer', status: 200, body: '' } as const;
      const call: UclCall = {
        at: 0,
        sentAt: 0,
        api: 'connector',
        operation: 'Sign',
        offset: 0,
        answer,
        signed: 'a certificate',
      };
      judge.onUclCall?.(call, life);
    },
    violations: () => world.violations.map(({ message }) => message),
  };
}

it('lets two requests for a new certificate cost one each, also where both wait', () => {
  const { ask, sign, echo, violations } = openCourt();
  ask('one');
  ask('two');
  sign();
  echo('one');
  sign();
  expect(violations()).toEqual([]);
  sign();
  expect(violations()).toEqual(['3 certificates were made for two']);
});

it('lets a request by the field of the spec cost one beside that by annotation', () => {
  const { ask, setField, sign, violations } = openCourt();
  setField(true);
  ask('one');
  sign();
  setField(false);
  sign();
  expect(violations()).toEqual([]);
  sign();
  expect(violations()).toEqual(['3 certificates were made for one']);
});

it('lets a request cost one certificate alone where those before it are answered', () => {
  const { ask, setField, sign, echo, violations } = openCourt();
  ask('overwritten');
  ask('one');
  setField(true);
  setField(false);
  sign();
  echo('one');
  ask('two');
  sign();
  expect(violations()).toEqual([]);
  sign();
  expect(violations()).toEqual(['2 certificates were made for two']);
});
