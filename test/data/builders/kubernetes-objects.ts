import type { CompassConnection, ConnectionSpec } from '../../../agent/domain/connection.ts';
import type { ConnectionStatus } from '../../../agent/domain/connection-status.ts';
import type { ApplicationResource, ApplicationSpec, ObjectMeta } from '../../../agent/domain/resources.ts';

/** Builders of what the agent keeps in the cluster. A name alone makes the least that the API server accepts. */

export function anApplication(metadata: ObjectMeta | string, spec: ApplicationSpec = {}): ApplicationResource {
  return {
    apiVersion: 'applicationconnector.kyma-project.io/v1alpha1',
    kind: 'Application',
    metadata: toMetadata(metadata),
    spec,
  };
}

/** As the agent creates a CompassConnection before it knows an address. */
export const emptyConnectionSpec: ConnectionSpec = { managementInfo: { directorUrl: '', connectorUrl: '' } };

export function aConnection(
  changes: { metadata?: Partial<ObjectMeta>; spec?: Partial<ConnectionSpec>; status?: Partial<ConnectionStatus> } = {},
): CompassConnection {
  return {
    apiVersion: 'compass.kyma-project.io/v1alpha1',
    kind: 'CompassConnection',
    metadata: { name: 'compass-connection', ...changes.metadata },
    spec: { ...emptyConnectionSpec, ...changes.spec },
    ...(changes.status === undefined ? {} : { status: aConnectionStatus(changes.status) }),
  };
}

export function aConnectionStatus(changes: Partial<ConnectionStatus> = {}): ConnectionStatus {
  return { connectionState: 'Connected', connectionStatus: { certificateStatus: {} }, ...changes };
}

function toMetadata(metadata: ObjectMeta | string): ObjectMeta {
  return typeof metadata === 'string' ? { name: metadata } : metadata;
}
