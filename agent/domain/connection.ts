import type { ConnectionStatus } from './connection-status.ts';
import type { KubernetesObject } from './resources.ts';

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
/** Annotations by which people steer the agent (docs/operating.md), besides those of request-kinds.ts. */
export const annotations = {
  pruneApproved: `${prefix}/prune-approved`,
  /** On the shipped CRD, which prunes `spec.suspend`. */
  suspend: `${prefix}/suspend`,
  /** On an Application: leave this one alone. */
  reconcile: `${prefix}/reconcile`,
} as const;
