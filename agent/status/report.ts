import type { CertificateFacts } from '../connection/inspect-credential.ts';
import type { RequestKind } from '../domain/request-kinds.ts';
import type { AgentError } from '../errors/agent-error.ts';
import type { SyncReport } from '../sync/sync-memory.ts';

/** The last token of each kind of request that was dealt with. */
export type HandledRequests = Readonly<Partial<Record<RequestKind, string>>>;

/** What the agent knows, from which the status is summarised. Times are dates; undefined means "never" or "not known". */
export interface Report {
  readonly observedGeneration: number | undefined;
  readonly runtimeId: string | undefined;
  readonly isSuspended: boolean;
  /** Why there is no connection; undefined while there is one. */
  readonly connectionError: AgentError | undefined;
  /** Failures that the connection outlives: the CA Secret, an address that could not be shown. */
  readonly maintenance: readonly AgentError[];
  /** Why the certificate, which is due, could not be renewed. */
  readonly renewalError: AgentError | undefined;
  /** From when on it should have been renewed long ago. */
  readonly renewalOverdueAt: Date | undefined;
  /** What the agent may not do or reach at present, one sentence each. */
  readonly limitations: readonly string[];
  readonly certificate: CertificateFacts | undefined;
  readonly renewAt: Date | undefined;
  readonly established: Date | undefined;
  readonly renewed: Date | undefined;
  readonly acquired: Date | undefined;
  /** Last call to UCL, and the last that went well. */
  readonly lastCall: Date | undefined;
  readonly lastSuccessfulCall: Date | undefined;
  /** The last good answer of UCL to this runtime, also of an earlier life. */
  readonly lastAnswer: Date | undefined;
  readonly sync: SyncReport | undefined;
  /** When the systems of this runtime last were in the cluster, also in an earlier life. */
  readonly lastSuccess: Date | undefined;
  /** From when on that is too long ago. */
  readonly overdueAt: Date | undefined;
  /** The next read of UCL: scheduled, or a try again. */
  readonly nextSync: Date | undefined;
  /** From when on this status must not be believed: whoever wrote it is gone. */
  readonly staleAfter: Date | undefined;
  /** A sync began then and takes long. */
  readonly workingSince: Date | undefined;
  /** The share of failed systems, 0 to 1, beyond which the agent is not ready. */
  readonly maxFailedShare: number;
  readonly handled: HandledRequests;
  /** Applications removed within the last hour, which count for the guard of removals. */
  readonly removedLately: number;
  /** What else was removed within it is not known, and counts as much as it can. */
  readonly isRemovedUnknown: boolean;
}
