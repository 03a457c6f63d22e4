import type { Config } from '../../../agent/config/config.ts';
import { parseConfig } from '../../../agent/config/parse-config.ts';
import { Chance } from '../time/chance.ts';

/** How the world of a history is made; what follows from its seed. */
export interface WorldSettings {
  readonly env: Readonly<Record<string, string>>;
  readonly certificateLifeMs: number;
  /** Whether the cluster has the CRD of this agent, or the one that the Go agent ships. */
  readonly hasStatus: boolean;
  readonly systems: number;
  readonly durationMs: number;
  /** Whether a wall clock that was set wrong stays so when all other faults end. */
  readonly leavesClock: boolean;
}

const hour = 3_600_000;

export function chooseSettings(seed: number): WorldSettings {
  const chance = new Chance(seed, 'settings');
  // Rare syncs make long histories at the same cost.
  const minutes = chance.weigh([
    [1, 1],
    [4, 3],
    [3, 10],
    [1, 60],
  ]);
  return {
    env: {
      APP_CONTROLLER_SYNC_PERIOD: `${minutes}m`,
      APP_COMPASS_PAGE_SIZE: chance.weigh([
        [2, '3'],
        [2, '200'],
      ]),
      APP_MINIMAL_COMPASS_SYNC_TIME: chance.weigh([
        [30, '15s'],
        [4, '60s'],
        [1, '0s'],
      ]),
      APP_RUNTIME_EVENTS_URL: 'https://gateway.cluster.test',
    },
    certificateLifeMs: chance.weigh([
      [3, 90 * 24 * hour],
      [2, Math.max(2, minutes / 4) * hour],
      [1, 24 * hour],
    ]),
    hasStatus: chance.happens(0.8),
    systems: chance.weigh([
      [3, chance.between(0, 4)],
      [3, chance.between(4, 12)],
    ]),
    durationMs: minutes * 60_000 * chance.between(2, 6),
    leavesClock: chance.happens(0.3),
  };
}

const known = new Map<string, Config>();

/** The agent's settings, as it reads them itself. */
export function toConfig(env: WorldSettings['env']): Config {
  const key = JSON.stringify(env);
  const before = known.get(key);
  if (before !== undefined) return before;
  const parsed = parseConfig(env);
  if (!parsed.ok) throw new Error(parsed.problems.map(({ problem }) => problem).join(' '));
  known.set(key, parsed.config);
  return parsed.config;
}
