import { Chance } from '../../simulation/time/chance.ts';
import { Timeline } from '../../simulation/time/timeline.ts';
import { median, percentile } from '../bench/statistics.ts';
import { type Fleet, FleetAgent, type FleetMember, GoAgent, type PaceSettings } from './fleet-agent.ts';
import type { Load } from './gateway.ts';
import { LightUcl } from './light-ucl.ts';

const minute = 60_000;
const hour = 60 * minute;

export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly agents: number;
  /** Pods of the gateway, each with its own limit. */
  readonly pods: number;
  readonly durationMs: number;
  /** Within which all start. */
  readonly startsWithinMs: number;
  /** Systems that come to each agent in a day. */
  readonly arrivalsADay: number;
  /** From this instant on all is well again; the others recover after it. */
  readonly healedAt: number;
  prepare(fleet: Fleet): void;
}

/** Of whom a fleet consists. */
export interface Variant {
  readonly name: string;
  /** undefined: the Go agent. */
  readonly pace: PaceSettings | undefined;
}

export interface Figures {
  readonly scenario: string;
  readonly variant: string;
  readonly loads: readonly Load[];
  readonly peak: number;
  readonly mean: number;
  /** Share of the calls that were turned away with HTTP 429. */
  readonly refused: number;
  /** From the healing until every agent has read UCL; undefined: some have not within the scenario. */
  readonly recoveredMs: number | undefined;
  readonly medianWaitMs: number;
  readonly longWaitMs: number;
}

const everybodyPods = 5;

/** Everybody, in three hours of which UCL is in trouble for one. */
const troubled = {
  agents: 5_000,
  pods: everybodyPods,
  durationMs: 3 * hour,
  startsWithinMs: 3 * minute,
  arrivalsADay: 4,
  healedAt: 90 * minute,
} as const;

export const scenarios: readonly Scenario[] = [
  {
    name: 'day',
    title: 'A normal day: 1,000 agents, one pod, four new systems for each',
    agents: 1_000,
    pods: 1,
    durationMs: 24 * hour,
    startsWithinMs: 3 * minute,
    arrivalsADay: 4,
    healedAt: 0,
    prepare({ ucl, chance }) {
      // One formation of many runtimes gets a system at noon.
      for (let agent = 0; agent < 500; agent += 1) ucl.arrive(agent, 12 * hour, 12 * hour + toCredentialsMs(chance));
    },
  },
  {
    name: 'outage',
    title: 'An outage of an hour: 5,000 agents, five pods, HTTP 502',
    ...troubled,
    prepare({ timeline, ucl }) {
      timeline.at(30 * minute, () => {
        ucl.isDown = true;
      });
      timeline.at(90 * minute, () => {
        ucl.isDown = false;
      });
    },
  },
  limited('429', 'HTTP 429 without Retry-After: 5,000 agents, one of five pods left for an hour', undefined),
  limited('429-retry-after', 'HTTP 429 with Retry-After 30 s: 5,000 agents, one of five pods left for an hour', 30_000),
  {
    name: 'rollout',
    title: 'A rollout: 5,000 agents start within 10 s, five pods',
    agents: 5_000,
    pods: everybodyPods,
    durationMs: hour,
    startsWithinMs: 10_000,
    arrivalsADay: 4,
    healedAt: 0,
    prepare() {},
  },
];

function limited(name: string, title: string, retryAfterMs: number | undefined): Scenario {
  return {
    name,
    title,
    ...troubled,
    prepare({ timeline, ucl }) {
      ucl.retryAfterMs = retryAfterMs;
      timeline.at(30 * minute, () => ucl.gateway.scale(1));
      timeline.at(90 * minute, () => ucl.gateway.scale(everybodyPods));
    },
  };
}

/** UCL hands out the credentials of a system some minutes after it shows the system. */
function toCredentialsMs(chance: Chance): number {
  return chance.between(30_000, 240_000);
}

/** Runs one fleet through one scenario in virtual time: the same seed, the same figures. */
export async function runScenario(scenario: Scenario, variant: Variant, seed = 1): Promise<Figures> {
  const timeline = new Timeline();
  const ucl = new LightUcl(scenario.pods);
  const fleet: Fleet = { timeline, ucl, chance: new Chance(seed, 'agents') };
  // What happens is the same for every variant.
  const world = new Chance(seed, scenario.name);
  const { durationMs } = scenario;
  const { pace } = variant;
  const members = Array.from({ length: scenario.agents }, (_, number): FleetMember => {
    return pace === undefined ? new GoAgent(fleet, number) : new FleetAgent(fleet, number, pace);
  });
  for (const [number, member] of members.entries()) {
    timeline.at(world.between(0, scenario.startsWithinMs), () => member.start());
    const arrivals = Math.round((scenario.arrivalsADay * durationMs) / (24 * hour) + world.next() - 0.5);
    for (let count = 0; count < arrivals; count += 1) {
      const visibleAt = world.between(0, durationMs);
      ucl.arrive(number, visibleAt, visibleAt + toCredentialsMs(world));
    }
  }
  scenario.prepare({ ...fleet, chance: world });
  let recoveredAt: number | undefined;
  const look = () => {
    if (members.every(({ lastReadAt = -1 }) => lastReadAt >= scenario.healedAt)) recoveredAt = timeline.now;
    else timeline.after(1_000, look);
  };
  timeline.at(scenario.healedAt, look);
  await timeline.runUntil(durationMs - 1);
  const { loads } = ucl.gateway;
  const calls = loads.reduce((sum, load) => sum + load.calls, 0);
  return {
    scenario: scenario.name,
    variant: variant.name,
    loads,
    peak: Math.max(...loads.map((load) => load.calls)),
    mean: calls / (durationMs / 30_000),
    refused: loads.reduce((sum, load) => sum + load.refused, 0) / calls,
    recoveredMs: recoveredAt === undefined ? undefined : recoveredAt - scenario.healedAt,
    medianWaitMs: median(ucl.waitsMs),
    longWaitMs: percentile(ucl.waitsMs, 0.99),
  };
}
