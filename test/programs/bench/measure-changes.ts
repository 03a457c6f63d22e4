import { randomUUID } from 'node:crypto';
import type { MeasuredAgent } from './measured-agent.ts';
import type { Counts } from './server-messages.ts';
import { median } from './statistics.ts';
import { type Stage, syncOnce } from './sync-once.ts';
import { watchApplications } from './watch-objects.ts';

/** Median and worst of all changes. */
interface Spread {
  readonly medianMs: number;
  readonly worstMs: number;
}

/** Syncs before each of which one system changed in UCL, until a watch shows the changed Application. */
export interface ChangeFigures {
  /** How many, each with another system. */
  readonly changes: number;
  /** From setting the annotation. */
  readonly sinceAsked: Spread;
  /** From when UCL begins to send the last page of the read. */
  readonly sinceLastPage: Spread;
  /** Of all these syncs together. */
  readonly requests: Counts;
}

const maxChanges = 10;

/**
 * Changes one system after another, each followed by one sync. UCL tells the time of its page and this process that of the
 * watch, both by the clock of the machine.
 * @param syncs how many there are without a change; there are no more with one.
 */
export async function measureChanges(
  stage: Stage,
  agent: MeasuredAgent,
  systems: number,
  syncs: number,
): Promise<ChangeFigures> {
  const { servers } = stage;
  const changes = Math.min(maxChanges, systems, syncs);
  const applications = await watchApplications(servers.adminKubeconfig);
  const sinceAsked: number[] = [];
  const sinceLastPage: number[] = [];
  try {
    await servers.forget();
    for (let done = 0; done < changes; done += 1) {
      const description = randomUUID();
      // UCL orders its pages by ids, which are random: these systems stand all over the landscape.
      await servers.describe(done, description);
      const shown = applications.until(({ spec }) => spec.description === description).then(() => Date.now());
      const askedAt = Date.now();
      const [shownAt] = await Promise.all([shown, syncOnce(stage, agent)]);
      sinceAsked.push(shownAt - askedAt);
      sinceLastPage.push(shownAt - (await servers.lastPageAt()));
    }
    const requests = await servers.count();
    return { changes, sinceAsked: toSpread(sinceAsked), sinceLastPage: toSpread(sinceLastPage), requests };
  } finally {
    applications.close();
  }
}

function toSpread(durations: readonly number[]): Spread {
  return { medianMs: median(durations), worstMs: Math.max(...durations) };
}
