import type { CertificateFacts } from '../credentials/verify-certificate.ts';
import type { SystemFailure } from '../domain/connection.ts';
import type { AgentError } from '../errors/agent-error.ts';
import type { HeldRemovals } from '../sync/deletion-policy.ts';

/** What the loop knows, from which the status is summarised. Times are dates; undefined means "never" or "not known". */
export interface Report {
  readonly observedGeneration: number | undefined;
  readonly runtimeId: string | undefined;
  readonly isSuspended: boolean;
  /** Why there is no connection; undefined while there is one. */
  readonly connectionError: AgentError | undefined;
  /** A failure that the connection outlives: a renewal, the CA Secret. */
  readonly maintenanceError: AgentError | undefined;
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
  readonly sync: SyncReport | undefined;
  readonly nextSync: Date | undefined;
  readonly lastHandledSyncRequest: string | undefined;
  readonly lastHandledRenewRequest: string | undefined;
  readonly recentRemovals: readonly { readonly atMs: number; readonly count: number }[];
}

/** The last sync, and the last of each step that went well. */
export interface SyncReport {
  readonly attemptedAt: Date;
  readonly trigger: string;
  /** Why the read, or the application to the cluster as a whole, failed. */
  readonly error: { readonly during: 'read' | 'apply' | 'labels'; readonly error: AgentError } | undefined;
  readonly fetchedAt: Date | undefined;
  readonly appliedAt: Date | undefined;
  readonly counts: { readonly desired: number; readonly ready: number; readonly failed: number } | undefined;
  readonly failures: readonly SystemFailure[];
  readonly gaps: number;
  readonly held: HeldRemovals | undefined;
}
