import type { Landscape } from '../domain/landscape.ts';
import type { ClusterSnapshot } from './application-writer.ts';
import type { PruneMemory } from './deletion-policy.ts';

/** Port: Applications and their Secrets from watch caches, or listed afresh where a watch is not permitted. */
export interface ClusterReader {
  snapshot(signal: AbortSignal): Promise<ClusterSnapshot>;
}

/** Port: what UCL says of the systems, and the labels of this runtime there. Its methods throw AgentError. */
export interface LandscapeSource {
  /** Every list to its end; gaps name the systems that could not be read whole. */
  readLandscape(signal: AbortSignal): Promise<Landscape>;
  /**
   * The ids of all systems that UCL assigns to this runtime at one moment. Pages of the landscape are read one after the
   * other, and a system that moves over their border between two is in none of them (docs/contracts/compass.md#paging).
   */
  readIds(signal: AbortSignal): Promise<ReadonlySet<string>>;
  setRuntimeLabel(key: string, value: string, signal: AbortSignal): Promise<void>;
}

/** Port: the names of the systems alone, which UCL gives for a hundredth of the price. Throws AgentError. */
export interface NameSource {
  /** By id, of all systems that UCL assigns to this runtime. */
  readNames(signal: AbortSignal): Promise<ReadonlyMap<string, string>>;
}

/** Port: keeps what the guard of removals must know in its next life. Throws AgentError. */
export type KeepPrune = (memory: PruneMemory, signal: AbortSignal) => Promise<void>;
