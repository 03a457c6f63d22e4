import type { Landscape } from '../domain/landscape.ts';
import type { ClusterSnapshot } from './application-writer.ts';

/** Port: Applications and their Secrets from watch caches, or listed afresh where a watch is not permitted. */
export interface ClusterReader {
  snapshot(signal: AbortSignal): Promise<ClusterSnapshot>;
}

/** Port: what UCL says of the systems, and the labels of this runtime there. Its methods throw AgentError. */
export interface LandscapeSource {
  /** Every list to its end; gaps name the systems that could not be read whole. */
  readLandscape(signal: AbortSignal): Promise<Landscape>;
  setRuntimeLabel(key: string, value: string, signal: AbortSignal): Promise<void>;
}
