import type { Chance } from '../time/chance.ts';
import { askForSync, depart, minute, type Part, type Story, second } from './story.ts';

const hour = 60 * minute;
const soon = (chance: Chance) => chance.between(20, 60) * second;
const restart = (chance: Chance): Part[1] =>
  chance.pick<Part[1]>([
    { do: 'stop', pick: 0, restMs: second },
    {
      do: 'die',
      pick: 0,
      atCall: chance.between(0, 12),
      when: chance.pick(['before', 'after'] as const),
      restMs: second,
    },
  ]);

/** Some go, and one of those that are left has one new name after the other while the first is held. */
const renameWhileHeld = (chance: Chance): Part[] => {
  const pick = chance.next();
  const rename = (afterMs: number): Part => [afterMs, { do: 'change', what: 'name', pick }];
  return [
    [0, { do: 'arrive', count: 3 }],
    askForSync(5 * second),
    [soon(chance), depart(5, chance.next())],
    askForSync(5 * second),
    rename(soon(chance)),
    askForSync(5 * second),
    rename(soon(chance)),
    askForSync(5 * second),
  ];
};

/** A few go; then the clock is set and the process starts anew, in either order; then the others go. */
const departAroundWrongClock = (chance: Chance): Part[] => {
  const setClock: Part = [soon(chance), { do: 'set-clock', byMs: chance.pick([-1, 1]) * chance.between(1, 9) * hour }];
  const restarted: Part = [soon(chance), restart(chance)];
  return [
    [0, depart(chance.between(1, 5), chance.next())],
    askForSync(5 * second),
    ...(chance.happens(0.5) ? [setClock, restarted] : [restarted, setClock]),
    [soon(chance), depart(chance.pick([1, 5]), chance.next())],
    askForSync(5 * second),
  ];
};

/** A few go; somebody deletes the CompassConnection, and the process ends while it makes a new one; then others go. */
const departAroundDeletion = (chance: Chance): Part[] => [
  [0, depart(chance.between(1, 5), chance.next())],
  askForSync(5 * second),
  [soon(chance), { do: 'delete-connection' }],
  [0, { do: 'die', pick: 0, atCall: chance.between(0, 12), when: 'after', restMs: second }],
  [soon(chance), depart(chance.pick([1, 5]), chance.next())],
  askForSync(5 * second),
];

/** A new token comes for a certificate that is no longer accepted, and what it gives is of no use. */
const pairForRubbish = (chance: Chance): Part[] => [
  [0, chance.pick<Part[1]>([{ do: 'revoke' }, { do: 'mistype', what: 'TENANT', forMs: 10 * minute }])],
  askForSync(5 * second),
  [
    soon(chance),
    {
      do: 'ucl-signs-rubbish',
      rubbish: chance.pick(['text', 'other-key', 'other-subject', 'expired'] as const),
      forMs: 3 * minute,
    },
  ],
  [second, { do: 'new-token' }],
];

/** Writes are not answered and the watches fall silent, while systems go and come back. */
const goAndReturnUnheard = (chance: Chance): Part[] => [
  [0, { do: 'watches-go-silent', forMs: 3 * minute }],
  [0, { do: 'cluster-loses-answers', share: 0.6, forMs: 40 * second }],
  [second, depart(chance.between(1, 3), chance.next())],
  askForSync(second),
  [30 * second, { do: 'return', count: 99, pick: 0 }],
  askForSync(30 * second),
];

/** The Director moves, nobody accepts the certificate any more, and the object that has the addresses is gone. */
const moveAndRevoke = (chance: Chance): Part[] => [
  [0, { do: 'director-moves' }],
  [soon(chance), { do: 'revoke' }],
  [soon(chance), chance.pick<Part[1]>([{ do: 'delete-connection' }, restart(chance)])],
];

/** A backup comes back while the API server cannot be reached. */
const restoreUnseen = (chance: Chance): Part[] => [
  [0, { do: 'cluster-outage', outage: 'unreachable', forMs: chance.between(2, 6) * minute }],
  [soon(chance), { do: 'restore', pick: chance.next() }],
  [soon(chance), chance.pick<Part[1]>([{ do: 'delete-connection' }, { do: 'edit-secret', pick: chance.next() }])],
];

/** Several troubles at once, or one in the way of another. */
export const troubles: readonly Story[] = [
  renameWhileHeld,
  departAroundWrongClock,
  departAroundDeletion,
  pairForRubbish,
  goAndReturnUnheard,
  moveAndRevoke,
  restoreUnseen,
];
