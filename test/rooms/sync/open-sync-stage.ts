import type { Landscape } from '../../../agent/domain/landscape.ts';
import { createPlanner } from '../../../agent/sync/create-planner.ts';
import { emptySyncMemory, rememberDrift, rememberSync, type SyncMemory } from '../../../agent/sync/sync-memory.ts';
import type { SyncParts } from '../../../agent/sync/sync-parts.ts';
import { mendDrift, synchronize } from '../../../agent/sync/synchronize.ts';
import { aPolicy } from '../../data/builders/a-policy.ts';
import { recordLog } from '../../data/builders/record-log.ts';
import { InMemoryCluster } from '../../data/fakes/in-memory-cluster.ts';
import { VirtualTime } from '../../data/fakes/virtual-time.ts';

const { signal } = new AbortController();

/** A cluster in memory that is synchronised again and again; each sync takes the memory of the one before. */
export function openSyncStage() {
  const cluster = new InMemoryCluster();
  const time = new VirtualTime();
  const log = recordLog();
  const parts: SyncParts = {
    reader: { snapshot: async () => cluster.snapshot() },
    applications: cluster,
    plan: createPlanner(),
    settings: { policy: aPolicy(), prunePolicy: 'sync', holdMs: undefined, concurrency: 4, runtimeLabels: {} },
    time,
    log,
  };
  let memory: SyncMemory = emptySyncMemory;
  return {
    cluster,
    time,
    log,
    sync: async (landscape: Landscape, trigger = 'schedule') => {
      const source = {
        readLandscape: async () => landscape,
        readIds: async () => new Set(landscape.applications.map(({ id }) => id)),
        setRuntimeLabel: async () => undefined,
      };
      const input = { memory, source, trigger, approvedIds: [], keepPrune: async () => undefined };
      const facts = await time.passUntil(synchronize(input, parts, signal), 10);
      memory = rememberSync(memory, facts);
      if (facts.outcome.reached !== 'cluster') throw new Error('The sync did not reach the cluster.');
      return facts.outcome.result;
    },
    drift: async () => {
      const result = await time.passUntil(mendDrift({ memory }, parts, signal), 10);
      if (result !== undefined) memory = rememberDrift(memory, result);
      return result;
    },
    /** The agent starts anew. */
    restart: () => {
      memory = emptySyncMemory;
    },
    memory: () => memory,
  };
}
