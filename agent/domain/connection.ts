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
