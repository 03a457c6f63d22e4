import type { ConnectionFacts } from '../connection/connection-facts.ts';
import type { ConnectionMemory } from '../connection/connection-memory.ts';
import type { ConnectionRequest } from '../connection/keep-connection.ts';
import type { Logger } from '../log/logger.ts';
import type { KeepPrune } from '../sync/ports.ts';
import type { SyncFacts, SyncResult } from '../sync/sync-facts.ts';
import type { SyncInput } from '../sync/sync-parts.ts';
import type { Instant } from '../time/time.ts';
import type { ConnectionStore, EventRecorder } from './ports.ts';

/** What the schedule and the settings say of the status. */
export interface StatusStandards {
  /** From when on a success at `since` is too old; undefined: the schedule does not come so often any more. */
  toOverdueAt(runtimeId: string, since: Date): Date | undefined;
  /** Until when a status that is written now can be believed. */
  toStaleAfter(runtimeId: string, now: Date): Date;
  /** How old the times may become that a sync without change moves, in milliseconds. */
  toRefreshMs(runtimeId: string, now: Date): number;
  /** The share of failed systems, 0 to 1, beyond which the agent is not ready. */
  readonly maxFailedShare: number;
}

/** What a run can do: the rooms' acts, each with its ports already in hand. */
export interface Doers {
  readonly resource: ConnectionStore;
  readonly events: EventRecorder;
  /** Makes the connection with UCL as good as it can be made now. Throws when `signal` aborts, and then alone. */
  keepConnection(
    request: ConnectionRequest,
    onRuntimeId: (runtimeId: string) => void,
    signal: AbortSignal,
  ): Promise<ConnectionFacts>;
  /** Looks at the stored certificate and does nothing about it. Throws AgentError when it cannot be read. */
  observeConnection(memory: ConnectionMemory, signal: AbortSignal): Promise<ConnectionMemory>;
  synchronize(
    link: NonNullable<ConnectionFacts['link']>,
    input: Omit<SyncInput, 'source' | 'keepPrune'>,
    signal: AbortSignal,
  ): Promise<SyncFacts>;
  /** Asks UCL for the names of the systems alone: whether they differ from what is known. Throws AgentError. */
  probe(
    link: NonNullable<ConnectionFacts['link']>,
    input: Pick<SyncInput, 'memory'>,
    signal: AbortSignal,
  ): Promise<boolean>;
  mendDrift(input: Pick<SyncInput, 'memory'>, signal: AbortSignal): Promise<SyncResult | undefined>;
  /** Stores what the guard of removals must know in its next life. Writes nothing where it is stored. */
  keepPrune: KeepPrune;
  /** What is not permitted or reachable at present, one sentence each. */
  limitations(): readonly string[];
  /** When a certificate with these dates is renewed. */
  toRenewAt(certificate: NonNullable<ConnectionFacts['certificate']>, runtimeId: string): Date;
  /** What the status has to hold to. */
  readonly standards: StatusStandards;
  /** The id that the log lines and the requests to UCL of this run bear, `<runtimeId>_<uuid>`. */
  announceRun(id: string): void;
  readonly now: () => Date;
  /** A moment of the wall clock on the clock that pauses are counted on. */
  toInstant(moment: Date): Instant;
  /** Ends when work takes so long that people should be told, or when `signal` aborts. */
  untilLong(signal: AbortSignal): Promise<void>;
  readonly uniqueId: () => string;
  readonly log: Logger;
}
