import type { SystemFailure } from '../domain/connection-status.ts';
import type { Landscape } from '../domain/landscape.ts';
import type { AgentError } from '../errors/agent-error.ts';
import type { Action } from './action.ts';
import type { HeldRemovals, PruneMemory } from './deletion-policy.ts';

/** What one sync came to, by how far it got. */
export interface SyncFacts {
  readonly attemptedAt: Date;
  readonly trigger: string;
  readonly prune: PruneMemory;
  readonly outcome:
    | { readonly reached: 'nothing'; readonly error: AgentError }
    /** UCL was read; the cluster as a whole could not be. */
    | { readonly reached: 'read'; readonly landscape: Landscape; readonly fetchedAt: Date; readonly error: AgentError }
    | {
        readonly reached: 'cluster';
        readonly landscape: Landscape;
        readonly fetchedAt: Date;
        readonly appliedAt: Date;
        readonly result: SyncResult;
        readonly labelError: AgentError | undefined;
      };
}

/** What one application of a landscape to the cluster came to. */
export interface SyncResult {
  readonly desired: number;
  readonly failures: readonly SystemFailure[];
  /** Systems that were read with gaps; such a read removes nothing. */
  readonly gaps: number;
  readonly held: HeldRemovals | undefined;
  readonly applied: Readonly<Record<Action['kind'], number>>;
  readonly prune: PruneMemory;
}
