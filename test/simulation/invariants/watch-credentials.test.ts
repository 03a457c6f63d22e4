import { expect, it } from 'vitest';
import type { Life } from '../agent/life.ts';
import { encode } from '../cluster/object.ts';
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

function toCall({ timeline }: World, changes: Partial<UclCall>): UclCall {
  const answer = { kind: 'answer', status: 200, body: '' } as const;
  const times = { at: timeline.now, sentAt: timeline.now };
  return { ...times, api: 'connector', operation: 'Configuration', offset: 0, answer, ...changes };
}

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
    sign: () => judge.onUclCall?.(toCall(world, { operation: 'Sign', signed: 'a certificate' }), life),
    /** A process begins to pair. */
    useToken: () => judge.onUclCall?.(toCall(world, { token: 'a token' }), life),
    /** A process, the first or a later one, asks Connector for nothing but the addresses. */
    mint: (by: Life = life) => judge.onUclCall?.(toCall(world, { isMinted: true }), by),
    /** A process notes that it asks for one. */
    note: (renewals: string) => {
      const sent = { metadata: { name: places.pairing.name }, data: encode({ renewals }) };
      const verb = world.server.storage.get(places.pairing) === undefined ? 'create' : 'update';
      world.server.answer(
        { verb, place: places.pairing, isStatus: false, query: new URLSearchParams(), sent },
        'agent-1',
      );
    },
    loseNotes: () => world.server.remove(places.pairing),
    /** So that the next thing is not at the same instant. */
    pass: (ms = 1) => {
      world.timeline.now += ms;
    },
    setClock: (offsetMs: number) => {
      world.clock.offsetMs = offsetMs;
    },
    die: () => judge.onDeath?.(life),
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

it.each([
  ['before the run that pairs began', 300, 1],
  ['after that, before its token', 100, 2],
  ['while a pairing is under way', undefined, 2],
])(
  'lets a request that comes %s cost this many certificates, that of the pairing included',
  (_, askedBeforeMs, most) => {
    const { ask, sign, useToken, pass, violations } = openCourt();
    pass();
    if (askedBeforeMs !== undefined) ask('one');
    pass(askedBeforeMs);
    useToken();
    if (askedBeforeMs === undefined) ask('one');
    for (let count = 0; count < most; count += 1) sign();
    expect(violations()).toEqual([]);
    sign();
    expect(violations()).toEqual([`${most + 1} certificates were made for one`]);
  },
);

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

const signAll = ({ note, sign }: ReturnType<typeof openCourt>, count: number) => {
  for (let index = 1; index <= count; index += 1) {
    note(`at ${index}`);
    sign();
  }
};

it('lets a process have four certificates an hour, whoever had them, and one more for a death', () => {
  const court = openCourt();
  signAll(court, 4);
  court.die();
  court.sign();
  expect(court.violations()).toEqual([]);
  court.sign();
  expect(court.violations()).toEqual(['5 certificates in an hour, beyond what was lost']);
});

it('does not count what a process cannot know, since its notes were deleted before it began', () => {
  const court = openCourt();
  signAll(court, 4);
  court.loseNotes();
  court.pass();
  court.die();
  signAll(court, 5);
  expect(court.violations()).toEqual([]);
  court.sign();
  expect(court.violations()).toEqual(['5 certificates in an hour, beyond what was lost']);
});

it('does not count what nobody knows any more, since the notes were deleted after the process had ended', () => {
  const court = openCourt();
  signAll(court, 4);
  court.die();
  court.pass();
  court.loseNotes();
  court.pass();
  signAll(court, 4);
  expect(court.violations()).toEqual([]);
  court.sign();
  expect(court.violations()).toEqual(['5 certificates in an hour, beyond what was lost']);
});

it('counts what the process knows whose notes were deleted, and what it has noted again', () => {
  for (const noted of [0, 1]) {
    const court = openCourt();
    signAll(court, 4 - noted);
    court.loseNotes();
    court.pass();
    signAll(court, noted);
    if (noted > 0) court.die();
    signAll(court, 1 + noted);
    expect(court.violations()).toEqual(['5 certificates in an hour, beyond what was lost']);
  }
});

it('does not count what seems old to a process that began after somebody had set the clock forward', () => {
  const court = openCourt();
  signAll(court, 4);
  court.pass();
  court.die();
  court.pass();
  court.setClock(hour);
  signAll(court, 4);
  expect(court.violations()).toEqual([]);
  court.sign();
  expect(court.violations()).toEqual(['5 certificates in an hour, beyond what was lost']);
});

it('counts what a process knows that has seen the clock being set, and what seems new all the same', () => {
  for (const [isSame, offsetMs] of [
    [true, hour],
    [false, hour / 2],
  ] as const) {
    const court = openCourt();
    signAll(court, 4);
    court.pass();
    if (!isSame) court.die();
    court.setClock(offsetMs);
    signAll(court, isSame ? 1 : 2);
    expect(court.violations()).toEqual(['5 certificates in an hour, beyond what was lost']);
  }
});

it('lets each process ask for the addresses, since none knows when one before it did that has ended in order', () => {
  const { mint, violations } = openCourt();
  mint();
  mint();
  mint({ ...life, number: 2 });
  expect(violations()).toEqual([]);
  mint({ ...life, number: 3 });
  expect(violations()).toEqual([]);
  const same = openCourt();
  for (let count = 0; count < 3; count += 1) same.mint();
  expect(same.violations()).toEqual(['3 tokens were minted in an hour that led to no certificate']);
});

it('counts a death once', () => {
  const { mint, die, violations } = openCourt();
  mint();
  mint();
  die();
  const next = { ...life, number: 2 };
  mint(next);
  expect(violations()).toEqual([]);
  mint(next);
  expect(violations()).toEqual(['3 tokens were minted in an hour that led to no certificate']);
});
