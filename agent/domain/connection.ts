import type { KubernetesObject } from './resources.ts';

/** The CompassConnection CR (Kubernetes contract 4): the legacy fields and ours, which are all optional. */

export type ConditionType = 'Ready' | 'Connected' | 'CertificateValid' | 'Synchronized' | 'Stalled' | 'PruneHeld';

export interface Condition {
  type: ConditionType;
  status: 'True' | 'False' | 'Unknown';
  reason: string;
  message: string;
  lastTransitionTime: string;
  observedGeneration?: number;
}

/** One system that did not converge; `name` is UCL's name of it. */
export interface SystemFailure {
  applicationId: string;
  name: string;
  reason: string;
  message: string;
}

export type ConnectionState =
  | 'Connected'
  | 'ConnectionFailed'
  | 'ConnectionMaintenanceFailed'
  | 'SynchronizationFailed'
  | 'ResourceApplicationFailed'
  | 'MetadataUpdateFailed'
  | 'Synchronized';

/** Timestamps are RFC 3339 with whole seconds; null stands for "never". */
export type Timestamp = string | null;

export interface ConnectionStatus {
  connectionState: ConnectionState;
  connectionStatus: {
    established?: Timestamp;
    renewed?: Timestamp;
    lastSync?: Timestamp;
    lastSuccess?: Timestamp;
    certificateStatus: { acquired?: Timestamp; notBefore?: Timestamp; notAfter?: Timestamp };
    error?: string;
  };
  synchronizationStatus?: {
    lastAttempt?: Timestamp;
    lastSuccessfulFetch?: Timestamp;
    lastSuccessfulApplication?: Timestamp;
    error?: string;
  } | null;

  observedGeneration?: number;
  runtimeId?: string;
  conditions?: Condition[];
  applications?: { desired: number; ready: number; failed: number; summary: string };
  failures?: SystemFailure[];
  failuresTotal?: number;
  certificate?: { notBefore?: Timestamp; notAfter?: Timestamp; renewAt?: Timestamp };
  lastSync?: Timestamp;
  nextSync?: Timestamp;
  lastSyncTrigger?: string;
  lastHandledSyncRequest?: string;
  lastHandledRenewRequest?: string;
  prune?: PruneStatus;
}

/** What the prune guard must remember across a restart. */
export interface PruneStatus {
  heldHash?: string;
  heldCount?: number;
  heldSince?: string;
  recentRemovals?: { at: string; count: number }[];
}

export interface ConnectionSpec {
  managementInfo: { directorUrl: string; connectorUrl: string };
  resyncNow?: boolean;
  refreshCredentialsNow?: boolean;
  suspend?: boolean;
}

export interface CompassConnection extends KubernetesObject {
  apiVersion: 'compass.kyma-project.io/v1alpha1';
  kind: 'CompassConnection';
  spec: ConnectionSpec;
  status?: ConnectionStatus;
}

const prefix = 'compass.kyma-project.io';
/** Annotations by which people steer the agent (docs/operating.md). */
export const annotations = {
  syncRequestedAt: `${prefix}/sync-requested-at`,
  renewRequestedAt: `${prefix}/renew-requested-at`,
  pruneApproved: `${prefix}/prune-approved`,
  /** On the shipped CRD, which prunes `spec.suspend` and the echoes in the status. */
  suspend: `${prefix}/suspend`,
  lastHandledSyncRequest: `${prefix}/last-handled-sync-request`,
  lastHandledRenewRequest: `${prefix}/last-handled-renew-request`,
  /** On an Application: leave this one alone. */
  reconcile: `${prefix}/reconcile`,
} as const;
