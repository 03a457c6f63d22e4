import type { Plural } from '../cluster/object.ts';
import type { Chance } from '../time/chance.ts';
import type { OutageOf } from '../ucl/no-ucl-faults.ts';
import { lasting } from './lasting.ts';
import type { Deed } from './step.ts';
import { minute, type Story, second } from './story.ts';

const hour = 60 * minute;

const halves: readonly OutageOf[] = ['connector', 'director'];

/** One of UCL's two APIs fails while the other goes on. */
const halfOfUclFails = (chance: Chance): Deed => ({
  do: 'ucl-outage',
  outage: chance.pick(['unreachable', 'refusing', 'bad-gateway', 'unavailable', 'busy', 'garbage', 'silent'] as const),
  of: chance.pick(halves),
  forMs: lasting(chance),
});

/** UCL sends people away, and says for how long. */
const uclAsksToWait = (chance: Chance): Deed => ({
  do: 'ucl-outage',
  outage: chance.pick(['busy', 'unavailable'] as const),
  of: chance.pick(['both', ...halves] as const),
  retryAfterS: chance.pick([1, 30, 120, 600]),
  forMs: lasting(chance),
});

/** Lists that cannot be what they say of themselves. */
const listsContradict = (chance: Chance): Deed => ({
  do: 'ucl-distortion',
  distortion: chance.pick(['twice', 'undercounted', 'endless', 'circular'] as const),
  forMs: lasting(chance),
});

const rights = [['get'], ['get', 'list', 'watch'], ['create', 'update'], ['get', 'create', 'update', 'delete']];

/** Rights are missing for two kinds, be they those that one forgets. */
const rightsAreMissing = (chance: Chance): Deed => {
  const all: readonly Plural[] = ['applications', 'secrets', 'compassconnections', 'leases', 'events'];
  return {
    do: 'forbid-more',
    plurals: [chance.pick(all), chance.pick(all)],
    verbs: chance.pick(rights),
    forMs: lasting(chance),
  };
};

/** The API server lets one object not in. */
const oneIsRefused = (chance: Chance): Deed => {
  const plural = chance.pick(['applications', 'applications', 'secrets'] as const);
  const lasts = plural === 'applications' && chance.happens(0.5);
  return {
    do: 'refuse-object',
    plural,
    pick: chance.next(),
    status: chance.pick([422, 403] as const),
    lasts,
    forMs: lasts ? 1000 * hour : lasting(chance),
  };
};

const clusterIsOdd = (chance: Chance): Deed =>
  chance.weigh<Deed>([
    [2, { do: 'watches-repeat', count: chance.pick([1, 5, 40]), forMs: lasting(chance) }],
    [1, { do: 'watches-break' }],
    [2, { do: 'rewriting-webhook', forMs: lasting(chance) }],
    [2, { do: 'collection-lags', delayMs: chance.between(5, 300) * second, forMs: lasting(chance) }],
  ]);

/** The configuration Secret is not as it should be, for a while. */
const configurationIsWrong = (chance: Chance): Deed =>
  chance.weigh<Deed>([
    [1, { do: 'delete-configuration', forMs: lasting(chance) }],
    [2, { do: 'mistype', what: chance.pick(['TOKEN', 'CONNECTOR_URL'] as const), forMs: lasting(chance) }],
  ]);

const peopleSpoil = (chance: Chance): Deed => {
  const pick = chance.next();
  const what = chance.pick(['services', 'labels', 'authentication', 'compassMetadata'] as const);
  return chance.weigh<Deed>([
    [2, { do: 'edit-fields', what, pick }],
    [2, { do: 'foreign-secret', pick, isOwned: chance.happens(0.5), forMs: lasting(chance) }],
  ]);
};

/** What goes is held, and somebody approves something else. */
const approveWrongly: Story = (chance) => [
  [0, { do: 'depart', count: chance.pick([2, 6, 99]), pick: chance.next() }],
  [5 * second, { do: 'ask', what: 'sync', by: 'annotation' }],
  [chance.between(20, 60) * second, { do: 'depart', count: chance.pick([2, 99]), pick: chance.next() }],
  [5 * second, { do: 'ask', what: 'sync', by: 'annotation' }],
  [
    chance.between(20, 60) * second,
    { do: 'approve-other', which: chance.pick(['former', 'former', 'unknown'] as const) },
  ],
];

/** The same once more, before what followed from the first is over. */
const doTwice: Story = (chance) => {
  const deed = chance.pick<Deed>([
    { do: 'restore', pick: chance.next() },
    { do: 'delete-authority-secret' },
    { do: 'delete-pairing-secret' },
  ]);
  return [
    [0, deed],
    [chance.between(1, 60) * second, deed],
  ];
};

/** UCL is gone for longer than a token lives, and then somebody wants to know. */
const longOutage: Story = (chance) => {
  const outage = chance.pick(['unreachable', 'bad-gateway', 'unavailable', 'silent'] as const);
  const afterMs = chance.between(1, 20) * minute;
  return [
    [0, { do: 'ucl-outage', outage, forMs: 2 * hour }],
    [2 * hour + afterMs, { do: 'ask', what: 'sync', by: 'annotation' }],
  ];
};

const alone =
  (theme: (chance: Chance) => Deed): Story =>
  (chance) => [[0, theme(chance)]];

export const furtherThemes: readonly (readonly [number, Story])[] = [
  [2, alone(halfOfUclFails)],
  [2, alone(uclAsksToWait)],
  [2, alone(listsContradict)],
  [2, alone(rightsAreMissing)],
  [3, alone(oneIsRefused)],
  [3, alone(clusterIsOdd)],
  [3, alone(configurationIsWrong)],
  [3, alone(peopleSpoil)],
  [1, approveWrongly],
  [2, doTwice],
  [1, longOutage],
];
