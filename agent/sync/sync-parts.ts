import type { Logger } from '../log/logger.ts';
import type { Time } from '../time/time.ts';
import type { ApplicationWriter } from './application-writer.ts';
import type { Planner } from './create-planner.ts';
import type { HoldTime } from './holds.ts';
import type { ClusterReader, KeepPrune, LandscapeSource } from './ports.ts';
import type { SyncMemory } from './sync-memory.ts';
import type { SyncPolicy } from './to-desired-system.ts';

/** What a sync works with; the same for every one. */
export interface SyncParts {
  readonly reader: ClusterReader;
  readonly applications: ApplicationWriter;
  readonly settings: SyncSettings;
  readonly plan: Planner;
  readonly time: Time;
  readonly log: Logger;
}

export interface SyncSettings {
  readonly policy: SyncPolicy;
  readonly prunePolicy: 'sync' | 'upsert-only';
  readonly holdMs: HoldTime;
  readonly concurrency: number;
  /** Labels that the runtime has in UCL; undefined: that label is left alone. */
  readonly runtimeLabels: Readonly<Record<string, string | undefined>>;
}

export interface SyncInput {
  readonly memory: SyncMemory;
  readonly source: LandscapeSource;
  readonly trigger: string;
  /** Ids of held removals that a person approved. */
  readonly approvedIds: readonly string[];
  readonly keepPrune: KeepPrune;
}
