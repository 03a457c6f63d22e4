import { Chance } from '../time/chance.ts';
import type { Outage, Rubbish } from '../ucl/no-ucl-faults.ts';
import type { Distortion } from '../ucl/to-page.ts';
import { addFurther } from './add-further.ts';
import { lasting } from './lasting.ts';
import { chooseSettings, type WorldSettings } from './settings.ts';
import type { Deed, Step } from './step.ts';
import { tellStories } from './tell-stories.ts';

export interface History {
  readonly seed: number;
  readonly settings: WorldSettings;
  /** In the order of their instants, and behind them those that `addFurther` adds, in theirs. */
  readonly steps: readonly Step[];
}

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/**
 * The history of a seed: the same for ever, as long as nobody changes what can happen. Where several agents share it, each
 * of their processes may stand still for a while as well: what it knows of the Lease is old when it goes on.
 */
export function generateHistory(seed: number, agents = 1): History {
  const settings = chooseSettings(seed);
  const chance = new Chance(seed, 'history');
  const themes = chooseThemes(chance);
  // A hold, its approval and the next hold are many steps.
  const count = themes.includes(holds) ? chance.between(5, 14) : chance.between(2, 9);
  const instants = Array.from({ length: count }, () => chance.between(0, settings.durationMs)).sort((a, b) => a - b);
  // What is close together meets: half of the steps come within a minute of the one before.
  const steps = instants.map((at, index): Step => {
    const before = instants[index - 1];
    const close = before !== undefined && chance.happens(0.4) ? before + chance.between(0, minute) : at;
    return { at: close, ...chance.pick(themes)(chance) };
  });
  const all = [
    ...steps,
    ...tellStories(seed, settings.durationMs),
    ...stopProcesses(seed, agents, settings.durationMs),
  ];
  const course = { settings, steps: all.sort((a, b) => a.at - b.at) };
  return { seed, ...(agents === 1 ? addFurther(seed, course) : course) };
}

function stopProcesses(seed: number, agents: number, durationMs: number): Step[] {
  if (agents === 1) return [];
  const chance = new Chance(seed, 'stops');
  return Array.from({ length: chance.between(0, 4) }, () => {
    const forMs = chance.weigh([
      [1, chance.between(second, 14 * second)],
      [2, chance.between(14 * second, 2 * minute)],
    ]);
    // What it is in the middle of goes on with what it knew.
    const afterSends = chance.pick([0, chance.between(1, 12)]);
    return { at: chance.between(0, durationMs), do: 'freeze', pick: chance.next(), afterSends, forMs };
  });
}

/** A history is about a few things, so that they come often enough to meet. */
function chooseThemes(chance: Chance): ((chance: Chance) => Deed)[] {
  const count = chance.between(2, 4);
  return [systems, ...Array.from({ length: count }, () => chance.weigh(themes))];
}

const systems = (chance: Chance): Deed =>
  chance.weigh<Deed>([
    [2, { do: 'arrive', count: chance.between(1, 3) }],
    [
      3,
      {
        do: 'depart',
        count: chance.weigh([
          [4, 1],
          [2, chance.between(2, 5)],
          [1, 99],
        ]),
        pick: chance.next(),
      },
    ],
    [2, { do: 'return', count: chance.pick([1, 99]), pick: chance.next() }],
    [
      3,
      { do: 'change', what: chance.pick(['description', 'password', 'name', 'bundles'] as const), pick: chance.next() },
    ],
  ]);

const outages: readonly Outage[] = [
  'unreachable',
  'refusing',
  'bad-gateway',
  'unavailable',
  'busy',
  'garbage',
  'truncated',
  'silent',
];
const rubbish: readonly Rubbish[] = ['text', 'other-key', 'other-subject', 'expired'];
const distortions: readonly Distortion[] = [
  'empty',
  'short',
  'partial',
  'no-auths',
  'miscounted',
  'other-runtime',
  'moving',
];

const uclFails = (chance: Chance): Deed =>
  chance.weigh<Deed>([
    [4, { do: 'ucl-outage', outage: chance.pick(outages), forMs: lasting(chance) }],
    [2, { do: 'ucl-delay', delayMs: chance.between(1, 35) * second, forMs: lasting(chance) }],
    [3, { do: 'ucl-loses-answers', share: chance.pick([0.3, 0.7, 1]), forMs: lasting(chance) }],
    [1, { do: 'revoke' }],
    [1, { do: 'director-moves' }],
  ]);

const uclDistorts = (chance: Chance): Deed => ({
  do: 'ucl-distortion',
  distortion: chance.pick(distortions),
  forMs: lasting(chance),
});

const uclMoves = (chance: Chance): Deed => ({ do: 'ucl-distortion', distortion: 'moving', forMs: lasting(chance) });

const clusterFails = (chance: Chance): Deed =>
  chance.weigh<Deed>([
    [
      2,
      {
        do: 'cluster-outage',
        outage: chance.pick(['unreachable', 'failing', 'busy'] as const),
        forMs: lasting(chance),
      },
    ],
    [1, { do: 'cluster-delay', delayMs: chance.between(1, 16) * second, forMs: lasting(chance) }],
    [3, { do: 'cluster-loses-answers', share: chance.pick([0.2, 0.6]), forMs: lasting(chance) }],
    [2, { do: 'conflicts', share: chance.pick([0.3, 1]), forMs: lasting(chance) }],
    [2, forbid(chance)],
    [1, { do: 'webhook', forMs: lasting(chance) }],
  ]);

function forbid(chance: Chance): Deed {
  const plural = chance.pick(['applications', 'secrets', 'compassconnections'] as const);
  const verbs = chance.pick([
    ['watch'],
    ['list', 'watch'],
    ['create'],
    ['update'],
    ['delete'],
    ['update', 'create', 'delete'],
  ]);
  return { do: 'forbid', plural, verbs, forMs: lasting(chance) };
}

const watchesFail = (chance: Chance): Deed =>
  chance.weigh<Deed>([
    [2, { do: 'watches-lag', delayMs: chance.between(1, 30) * second, forMs: lasting(chance) }],
    [1, { do: 'watches-go-silent', forMs: lasting(chance) }],
    [2, { do: 'watches-break' }],
    [1, { do: 'compact' }],
  ]);

const peopleAsk = (chance: Chance): Deed =>
  chance.weigh<Deed>([
    [4, { do: 'ask', what: chance.pick(['sync', 'renew'] as const), by: chance.pick(['annotation', 'spec'] as const) }],
    [1, { do: 'nag', everyMs: chance.pick([2, 10]) * second, forMs: chance.between(10, 90) * second }],
    [1, { do: 'suspend', forMs: lasting(chance) }],
    [2, { do: 'approve' }],
    [1, { do: 'opt-out', pick: chance.next(), forMs: lasting(chance) }],
    [1, { do: 'new-token' }],
    [1, { do: 'mistype', what: chance.pick(['RUNTIME_ID', 'TENANT'] as const), forMs: lasting(chance) }],
  ]);

const peopleMeddle = (chance: Chance): Deed => {
  const pick = chance.next();
  return chance.weigh<Deed>([
    [2, { do: 'edit-application', pick }],
    [2, { do: 'delete-application', pick }],
    [1, { do: 'hold-application', pick, forMs: lasting(chance) }],
    [2, { do: 'edit-secret', pick }],
    [1, { do: 'unlabel-secret', pick }],
    [1, { do: 'delete-secret', pick }],
    [1, { do: 'foreign-application' }],
    [1, { do: 'restore', pick }],
  ]);
};

const credentialsGo = (chance: Chance): Deed =>
  chance.weigh<Deed>([
    [2, { do: 'delete-client-secret' }],
    [1, { do: 'spoil-client-secret' }],
    [1, { do: 'delete-authority-secret' }],
    [1, { do: 'delete-pairing-secret' }],
    [2, { do: 'delete-connection' }],
    [2, { do: 'new-token' }],
    [2, { do: 'ask', what: 'renew', by: 'annotation' }],
    [1, { do: 'ucl-signs-rubbish', rubbish: chance.pick(rubbish), forMs: lasting(chance) }],
    [1, { do: 'restore', pick: chance.next() }],
  ]);

/** Large removals, true or not, and what people make of them. */
const holds = (chance: Chance): Deed =>
  chance.weigh<Deed>([
    [3, { do: 'depart', count: chance.pick([3, 6, 99]), pick: chance.next() }],
    [2, { do: 'return', count: 99, pick: chance.next() }],
    [2, { do: 'ucl-distortion', distortion: chance.pick(['empty', 'short'] as const), forMs: lasting(chance) }],
    [2, { do: 'approve' }],
    [1, { do: 'opt-out', pick: chance.next(), forMs: 15 * minute }],
    [1, { do: 'delete-application', pick: chance.next() }],
    [1, { do: 'hold-application', pick: chance.next(), forMs: lasting(chance) }],
  ]);

const processDies = (chance: Chance): Deed =>
  chance.weigh<Deed>([
    [
      5,
      {
        do: 'die',
        pick: chance.next(),
        atCall: chance.between(1, 40),
        when: chance.pick(['before', 'after'] as const),
        restMs: chance.pick([second, 20 * second, 5 * minute]),
      },
    ],
    [1, { do: 'stop', pick: chance.next(), restMs: chance.pick([second, minute]) }],
  ]);

const clockJumps = (chance: Chance): Deed => ({
  do: 'set-clock',
  byMs: chance.pick([-1, 1]) * chance.pick([5 * second, 10 * minute, hour, 6 * hour, 365 * 24 * hour]),
});

const themes: readonly (readonly [number, (chance: Chance) => Deed])[] = [
  [3, uclFails],
  [3, uclDistorts],
  [1, uclMoves],
  [3, clusterFails],
  [2, watchesFail],
  [2, holds],
  [3, peopleAsk],
  [3, peopleMeddle],
  [2, credentialsGo],
  [4, processDies],
  [1, clockJumps],
];
