import type { WatchPhase } from '../kube/watch/watch-standing.ts';
import type { Signal } from '../pace/triggers.ts';
import type { AgentMemory } from '../reconcile/memory.ts';

/** What the agent knows at this moment, from which the gauges are read. */
export interface KnownState {
  /** As it stands while the agent leads; what it knew before it stood by says nothing of now. */
  readonly memory: AgentMemory;
  /** It works, and does not stand by. */
  readonly isLeading: boolean;
  /** When the present certificate is renewed. */
  readonly renewAt: Date | undefined;
  /** From when on the last success is too old; undefined while nothing is to be expected. */
  readonly staleAt: Date | undefined;
  readonly watches: Readonly<Record<string, WatchPhase>>;
  /** What waits for the next run. */
  readonly pending: ReadonlySet<Signal>;
  readonly isRunning: boolean;
}
