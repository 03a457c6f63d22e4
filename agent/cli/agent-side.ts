import type { Foresight } from '../sync/foresight.ts';

/**
 * Port: what the settings and the Secrets of the agent are needed for, as its pod has them. It writes nothing, and asks UCL
 * for the systems alone. Throws AgentError.
 */
export interface AgentSide {
  /** What the next sync would do. */
  foresee(signal: AbortSignal): Promise<Foresight>;
  close(): void;
}
