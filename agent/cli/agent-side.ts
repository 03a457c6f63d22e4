import type { Foresight } from '../sync/foresight.ts';

/**
 * Port: what the settings and the Secrets of the agent are needed for, as its pod has them. It changes nothing, and asks UCL
 * for the systems alone. Throws AgentError.
 */
export interface AgentSide {
  /** What the next sync would do. */
  foresee(signal: AbortSignal): Promise<Foresight>;
  /** Whether the API server would let an Application and a Secret of the agent in; throws what refuses them. */
  tryWrites(signal: AbortSignal): Promise<void>;
  close(): void;
}
