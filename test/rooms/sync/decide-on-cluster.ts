import { applyActions } from '../../../agent/sync/apply-actions.ts';
import {
  decideRemovals,
  emptyPruneMemory,
  type PruneInput,
  permitRemovals,
} from '../../../agent/sync/deletion-policy.ts';
import { planSync } from '../../../agent/sync/plan-sync.ts';
import { readPruneNote } from '../../../agent/sync/prune-note.ts';
import { aPolicy } from '../../data/builders/a-policy.ts';
import { aLandscape, aSystem } from '../../data/builders/landscape.ts';
import { InMemoryCluster } from '../../data/fakes/in-memory-cluster.ts';

const policy = aPolicy();
export const holdMs = 600_000;
export const at = (ms: number) => new Date(Date.UTC(2026, 10, 22, 12) + ms);
export const momentAt = (ms: number, offsetMs = 0) => ({ now: at(ms + offsetMs), instant: ms });
/** Of a read that comes at once, or takes so long. */
export const moment = (ms: number, offsetMs = 0, takesMs = 0) => ({
  readSince: ms,
  moment: momentAt(ms + takesMs, offsetMs),
});
export const yearMs = 365 * 24 * 3_600_000;

export const systems = (count: number) =>
  Array.from({ length: count }, (_, index) => aSystem(`mp-${String(index).padStart(3, '0')}`));

export async function clusterOf(count: number): Promise<InMemoryCluster> {
  const cluster = new InMemoryCluster();
  const { actions } = planSync(aLandscape(systems(count)), cluster.snapshot(), policy);
  await applyActions(actions, cluster, { concurrency: 8, signal: new AbortController().signal });
  return cluster;
}

export function decide(
  cluster: InMemoryCluster,
  remaining: ReturnType<typeof systems>,
  overrides: Partial<PruneInput> = {},
) {
  const plan = planSync(aLandscape(remaining), cluster.snapshot(), policy);
  const decision = decideRemovals({
    plan,
    isComplete: true,
    policy: 'sync',
    holdMs,
    approvedIds: [],
    memory: emptyPruneMemory,
    ...moment(0),
    ...overrides,
  });
  const { allowed, memory, ended } = decision;
  const held = memory.holds.flatMap(({ keys }) => keys.length);
  return { allowed: allowed.size, held, memory, ended, actions: permitRemovals(plan.actions, allowed) };
}

/** What the next life knows, which read this note. */
export const restart = (note: string | undefined) => ({ ...emptyPruneMemory, ...readPruneNote(note) });
