import type { SystemFailure } from '../domain/connection-status.ts';
import type { Landscape } from '../domain/landscape.ts';
import type { AgentError } from '../errors/agent-error.ts';
import type { Instant } from '../time/time.ts';
import type { Action } from './action.ts';
import type { EndedHold, PruneMemory } from './deletion-policy.ts';
import type { TerminatingApplication } from './plan-sync.ts';
import type { Refusals } from './refusals.ts';
import type { Rivalries } from './rivalries.ts';

/** What one sync came to, by how far it got. */
export interface SyncFacts {
  readonly attemptedAt: Date;
  readonly trigger: string;
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
        readonly prune: PruneResult;
        readonly labelError: AgentError | undefined;
      };
}

/** A large removal that waits, as people are told of it. */
export interface HeldRemoval {
  /** What an approval names. */
  readonly id: string;
  readonly applicationNames: readonly string[];
  readonly since: Date;
  /** When it is removed if UCL still lacks it then; undefined: a person decides. */
  readonly actsAt: Date | undefined;
}

/** An Application of ours, and UCL's id of its system. */
export interface KnownApplication {
  readonly uid: string;
  readonly name: string;
  readonly applicationId: string;
}

/** One that is being deleted, since its system left. */
export type LeavingApplication = KnownApplication;

/** What was done to one Application, for people. */
export interface ApplicationChange {
  readonly kind: 'create' | 'update' | 'delete';
  readonly application: KnownApplication;
  readonly applicationId: string;
  /** UCL's name, or the Application's where UCL does not know it any more. */
  readonly systemName: string;
  /** Why, in a few words: `services`, `Secret x: data`. */
  readonly because: readonly string[];
}

/** What one application of a landscape to the cluster came to. */
export interface SyncResult {
  readonly desired: number;
  readonly failures: readonly SystemFailure[];
  /** What is worth a sentence and no failure: an object to which somebody adds something each time. */
  readonly remarks: readonly string[];
  /** Systems that were read with gaps; such a read removes nothing. */
  readonly gaps: number;
  /** What was done; an Application counts as deleted when it is gone. */
  readonly applied: Readonly<Record<Action['kind'], number>>;
  /** The same, Application by Application, collected Secrets left out. */
  readonly changes: readonly ApplicationChange[];
  /** Lists the Applications of ours that are there now, and not being deleted; most syncs have nothing to tell of them. */
  readonly applications: () => readonly KnownApplication[];
  /** Applications whose deletion the API server took, renames included, by `toRemovedKeys`: what the guard counts. */
  readonly removed: readonly string[];
  /** Applications of systems that left which finalizers keep: they count as deleted when they are gone. */
  readonly leaving: readonly LeavingApplication[];
  readonly rivalries: Rivalries;
  readonly refusals: Refusals;
  /** When the first object is due that somebody changes back, that was refused, or whose drift could not be mended; undefined: none waits. */
  readonly nextWriteAt: Instant | undefined;
  /** Applications that are being deleted, and which finalizers keep them. */
  readonly terminating: readonly TerminatingApplication[];
  /** Systems whose former Application is still there, since this run may not remove it. */
  readonly leftBehind: readonly string[];
}

/** What the guard of removals decided with a read of UCL, and what came of it. */
export interface PruneResult {
  readonly memory: PruneMemory;
  readonly held: readonly HeldRemoval[];
  readonly ended: readonly EndedHold[];
  /** Systems that would have gone, and that UCL assigns all the same: the next read shall have them. */
  readonly skipped: number;
  /** Why removals that were permitted did not happen: the ids could not be read, or the intent could not be stored. */
  readonly error: { readonly during: 'read' | 'apply'; readonly error: AgentError } | undefined;
  /** When UCL is to be read again, whatever the schedule. */
  readonly nextLook: Instant | undefined;
}
