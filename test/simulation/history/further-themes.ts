import type { Plural } from '../cluster/object.ts';
import type { Chance } from '../time/chance.ts';
import type { OutageOf } from '../ucl/no-ucl-faults.ts';
import { lasting } from './lasting.ts';
import type { Deed } from './step.ts';
import { second } from './story.ts';

const hour = 3_600 * second;

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

export const furtherThemes: readonly (readonly [number, (chance: Chance) => Deed])[] = [
  [2, halfOfUclFails],
  [2, uclAsksToWait],
  [2, listsContradict],
  [2, rightsAreMissing],
  [3, oneIsRefused],
  [3, clusterIsOdd],
];
