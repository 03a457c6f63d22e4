import type { Chance } from '../time/chance.ts';
import type { OutageOf } from '../ucl/no-ucl-faults.ts';
import { lasting } from './lasting.ts';
import type { Deed } from './step.ts';

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

export const furtherThemes: readonly (readonly [number, (chance: Chance) => Deed])[] = [
  [2, halfOfUclFails],
  [2, uclAsksToWait],
  [2, listsContradict],
];
