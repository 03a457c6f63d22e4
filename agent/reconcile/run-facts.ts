import type { ConnectionFacts } from '../connection/connection-facts.ts';
import type { ConnectionMemory } from '../connection/connection-memory.ts';
import type { CompassConnection } from '../domain/connection.ts';
import type { Condition } from '../domain/connection-status.ts';
import type { AgentError } from '../errors/agent-error.ts';
import type { Requests } from '../status/requests.ts';
import type { SyncFacts, SyncResult } from '../sync/sync-facts.ts';
import type { Instant } from '../time/time.ts';

/** What a status that was written says, and until when that holds by itself. */
export interface ToldStatus {
  readonly conditions: readonly Condition[];
  readonly isNew: boolean;
  /** When it is another by time alone. */
  readonly changesAt: Date | undefined;
}

/** What one run found and did. It grows while the run goes on; what did not happen is undefined. */
export interface RunFacts {
  /** When the run began, by the wall clock. */
  readonly at: Date;
  /** As read at its beginning; undefined: there is none. */
  readonly resource: CompassConnection | undefined;
  readonly requests: Requests;
  /** Changes of the CompassConnection come so often that they have to wait. */
  readonly isInsisted: boolean;
  readonly connection?: ConnectionFacts;
  /** While suspended: the connection as it was looked at. */
  readonly observed?: ConnectionMemory;
  readonly sync?: SyncFacts;
  /** What mending drift came to, without asking UCL. */
  readonly drift?: SyncResult;
  /** The requests count as dealt with. */
  readonly isAnswered: boolean;
  /** The fields of the spec that asked were taken back. */
  readonly isWithdrawn?: boolean;
  /** The addresses that somebody had changed in the CompassConnection were put back. */
  readonly areAddressesRestored?: boolean;
  /** What the run outlived: an address that could not be shown, a request that could not be taken back. */
  readonly problems: readonly AgentError[];
  /** A sync that began then takes long; for the status that is told meanwhile. */
  readonly workingSince?: Date;
  /** Work that took long was told, by a run that began then. */
  readonly longWorkToldAt?: Date;
  /** When another status was written in this run, or may have been, on the clock that pauses are counted on. */
  readonly writtenAt?: readonly Instant[];
  /** The status that was written last in this run, and how many of the waiting Events were told with it. */
  readonly told?: ToldStatus & {
    readonly events: number;
    /** It was written after the requests were dealt with. */
    readonly isAnswer: boolean;
  };
}
