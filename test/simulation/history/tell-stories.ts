import { Chance } from '../time/chance.ts';
import type { Step } from './step.ts';
import { askForSync, depart, minute, type Part, type Story, second } from './story.ts';
import { troubles } from './troubles.ts';

/**
 * What shows only where certain things happen in one order, which chance alone hardly ever brings about. One history in
 * eight has a story among its other steps, which may spoil it; and as many have one of several troubles that come together.
 */
export function tellStories(seed: number, durationMs: number): Step[] {
  return [...tell('story', stories, seed, durationMs), ...tell('trouble', troubles, seed, durationMs)];
}

function tell(name: string, choice: readonly Story[], seed: number, durationMs: number): Step[] {
  const chance = new Chance(seed, name);
  if (!chance.happens(1 / 8)) return [];
  const story = chance.pick(choice)(chance);
  let at = minute + chance.between(0, durationMs / 2);
  return story.map(([afterMs, deed]): Step => {
    at += afterMs;
    return { at, ...deed };
  });
}

/** Two holds, one after the other, and the first is approved. */
const approveOneOfTwo = (chance: Chance): Part[] => [
  [0, { do: 'arrive', count: chance.between(3, 6) }],
  askForSync(5 * second),
  [chance.between(30, 60) * second, depart(6, chance.next())],
  askForSync(5 * second),
  [chance.between(30, 60) * second, depart(99, 0)],
  askForSync(5 * second),
  [chance.between(30, 60) * second, { do: 'approve' }],
];

/** A hold is approved, all comes back and goes again. */
const approveOnce = (chance: Chance): Part[] => [
  [0, depart(99, 0)],
  askForSync(5 * second),
  [chance.between(30, 60) * second, { do: 'approve' }],
  [chance.between(30, 60) * second, { do: 'return', count: 99, pick: 0 }],
  askForSync(5 * second),
  [chance.between(30, 60) * second, depart(99, 0)],
  askForSync(5 * second),
];

/** While a hold lasts, UCL's answers have gaps. */
const holdInGaps = (chance: Chance): Part[] => [
  [0, { do: 'arrive', count: chance.between(2, 6) }],
  askForSync(5 * second),
  [chance.between(30, 60) * second, depart(6, chance.next())],
  askForSync(5 * second),
  [20 * second, { do: 'ucl-distortion', distortion: 'partial', forMs: 8 * minute }],
];

/** All go but one that somebody opted out. */
const departBesideOptedOut = (chance: Chance): Part[] => [
  [0, { do: 'opt-out', pick: chance.next(), forMs: 15 * minute }],
  [chance.between(30, 60) * second, depart(99, 0)],
  askForSync(5 * second),
];

/** Half go while as many come, and what stays changes in a cluster where somebody writes at the same time. */
const departAmongArrivals = (chance: Chance): Part[] => [
  [0, { do: 'arrive', count: 5 }],
  askForSync(5 * second),
  [chance.between(30, 60) * second, { do: 'conflicts', share: 1, forMs: 20 * second }],
  [0, depart(6, chance.next())],
  [0, { do: 'change', what: 'description', pick: 0 }],
  [0, { do: 'arrive', count: 6 }],
  askForSync(0),
];

/** Few go, and nobody hears of it: the process dies, or answers get lost. Then a few more go. */
const removeUnheard = (chance: Chance): Part[] => [
  [0, { do: 'arrive', count: 5 }],
  askForSync(5 * second),
  [chance.between(30, 60) * second, depart(5, chance.next())],
  [
    0,
    chance.pick<Part[1]>([
      {
        do: 'die',
        pick: 0,
        atCall: chance.between(6, 20),
        when: chance.pick(['before', 'after'] as const),
        restMs: second,
      },
      { do: 'cluster-loses-answers', share: 0.5, forMs: 40 * second },
    ]),
  ],
  askForSync(0),
  [2 * minute, depart(3, chance.next())],
  askForSync(5 * second),
];

/** Somebody wants a new certificate again and again. */
const renewOften = (chance: Chance): Part[] =>
  Array.from({ length: 7 }, (_, index) => [
    chance.between(30, 4 * 60) * second,
    { do: 'ask', what: 'renew', by: index % 2 === 0 ? 'annotation' : 'spec' },
  ]);

/** What somebody asked for is done, and the process starts anew. */
const restartAfterRequest = (chance: Chance): Part[] => [
  askForSync(0),
  [chance.between(30, 60) * second, { do: 'stop', pick: 0, restMs: second }],
];

/** Something changes in a read that has gaps, and somebody edits what changed. */
const editAmongGaps = (chance: Chance): Part[] => [
  [0, { do: 'arrive', count: 3 }],
  askForSync(5 * second),
  [chance.between(30, 60) * second, { do: 'ucl-distortion', distortion: 'partial', forMs: 5 * minute }],
  ...Array.from({ length: 3 }, (): Part => [0, { do: 'change', what: 'description', pick: chance.next() }]),
  askForSync(second),
  [chance.between(20, 40) * second, { do: 'edit-application', pick: chance.next() }],
];

const stories: readonly Story[] = [
  approveOneOfTwo,
  approveOnce,
  holdInGaps,
  departBesideOptedOut,
  departAmongArrivals,
  removeUnheard,
  renewOften,
  restartAfterRequest,
  editAmongGaps,
];
