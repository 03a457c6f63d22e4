import { judgeConvergence } from '../invariants/judge-convergence.ts';
import { watchCredentials } from '../invariants/watch-credentials.ts';
import { watchForeign } from '../invariants/watch-foreign.ts';
import { watchFreshness } from '../invariants/watch-freshness.ts';
import { watchKnowledge } from '../invariants/watch-knowledge.ts';
import { watchLeadership } from '../invariants/watch-leadership.ts';
import { watchLooks } from '../invariants/watch-looks.ts';
import { watchPace } from '../invariants/watch-pace.ts';
import { watchPair } from '../invariants/watch-pair.ts';
import { watchRemovals } from '../invariants/watch-removals.ts';
import { watchRequests } from '../invariants/watch-requests.ts';
import { watchRetryAfter } from '../invariants/watch-retry-after.ts';
import { watchSecrets } from '../invariants/watch-secrets.ts';
import { watchStatus } from '../invariants/watch-status.ts';
import type { History } from './generate-history.ts';
import { endFaults, takeStep } from './take-step.ts';
import { type Violation, World } from './world.ts';

export interface Outcome {
  /** The first; undefined: the history is as it should be. */
  readonly violation: Violation | undefined;
  /** Things that happened: requests on their way, answers, wakings. */
  readonly events: number;
  readonly virtualMs: number;
  /** What happened, one line each, where it is kept: the same for two runs of one history. */
  readonly trace: readonly string[];
}

const invariants = [
  watchRemovals,
  watchForeign,
  watchCredentials,
  watchPair,
  watchLooks,
  watchSecrets,
  watchPace,
  watchRequests,
  watchRetryAfter,
  watchStatus,
  watchFreshness,
  watchKnowledge,
  watchLeadership,
];

/** Runs a history to its end, or to the first violation. `agents`: how many installations share UCL and the cluster. */
export async function runHistory(history: History, { keepsTrace = false, agents = 1 } = {}): Promise<Outcome> {
  const world = new World(history.seed, history.settings, { keepsTrace, agents });
  for (const watch of invariants) world.observers.push(watch(world));
  const { timeline } = world;
  for (const agent of world.agents) agent.start();
  for (const step of history.steps) timeline.at(step.at, () => takeStep(world, step));
  const end = Math.max(history.settings.durationMs, ...history.steps.map(({ at }) => at)) + 1;
  const isFine = () => world.violations.length === 0;
  await timeline.runUntil(end, isFine);
  if (isFine()) {
    endFaults(world);
    await judgeConvergence(world);
    if (isFine() && world.server.faults.refused !== undefined) {
      world.server.faults.refused = undefined;
      await judgeConvergence(world);
    }
  }
  world.close();
  return {
    violation: world.violations[0],
    events: timeline.count,
    virtualMs: timeline.now,
    trace: world.trace,
  };
}
