import { z } from 'zod';
import {
  annotations,
  type CompassConnection,
  type ConnectionSpec,
  type ConnectionStatus,
} from '../../domain/connection.ts';
import type { StoredConnection } from './parse-object.ts';

/*
 * How a CompassConnection is stored. Our CRD has a status subresource and every field. The shipped one has none and
 * prunes what it does not know, so suspension and the echoes of handled requests are annotations there.
 */

export type ConnectionForm = 'subresource' | 'shipped';

/** What the status may say on the shipped CRD (Kubernetes contract 9). */
const shippedStatusFields = ['connectionState', 'connectionStatus', 'synchronizationStatus'] as const;

const text = z.string();
const time = z.string().nullable();
const conditionTypes = ['Ready', 'Connected', 'CertificateValid', 'Synchronized', 'Stalled', 'PruneHeld'] as const;
const states = [
  'Connected',
  'ConnectionFailed',
  'ConnectionMaintenanceFailed',
  'SynchronizationFailed',
  'ResourceApplicationFailed',
  'MetadataUpdateFailed',
  'Synchronized',
] as const;

const specSchema = z.object({
  managementInfo: z
    .object({ directorUrl: text.catch(''), connectorUrl: text.catch('') })
    .catch({ directorUrl: '', connectorUrl: '' }),
  resyncNow: z.boolean().exactOptional(),
  refreshCredentialsNow: z.boolean().exactOptional(),
  suspend: z.boolean().exactOptional(),
});

const conditionSchema = z.object({
  type: z.enum(conditionTypes),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: text.catch(''),
  message: text.catch(''),
  lastTransitionTime: text.catch(''),
  observedGeneration: z.number().exactOptional(),
});

const statusSchema = z.object({
  connectionState: z.enum(states).catch('ConnectionFailed'),
  connectionStatus: z
    .object({
      established: time.exactOptional(),
      renewed: time.exactOptional(),
      lastSync: time.exactOptional(),
      lastSuccess: time.exactOptional(),
      certificateStatus: z
        .object({
          acquired: time.exactOptional(),
          notBefore: time.exactOptional(),
          notAfter: time.exactOptional(),
        })
        .catch({}),
      error: text.exactOptional(),
    })
    .catch({ certificateStatus: {} }),
  synchronizationStatus: z
    .object({
      lastAttempt: time.exactOptional(),
      lastSuccessfulFetch: time.exactOptional(),
      lastSuccessfulApplication: time.exactOptional(),
      error: text.exactOptional(),
    })
    .nullable()
    .exactOptional(),
  observedGeneration: z.number().exactOptional(),
  runtimeId: text.exactOptional(),
  conditions: z
    .array(conditionSchema.nullable().catch(null))
    .transform((conditions) => conditions.filter((condition) => condition !== null))
    .exactOptional(),
  applications: z
    .object({
      desired: z.number().catch(0),
      ready: z.number().catch(0),
      failed: z.number().catch(0),
      summary: text.catch(''),
    })
    .exactOptional(),
  failures: z
    .array(
      z.object({
        applicationId: text.catch(''),
        name: text.catch(''),
        reason: text.catch(''),
        message: text.catch(''),
      }),
    )
    .exactOptional(),
  failuresTotal: z.number().exactOptional(),
  certificate: z
    .object({
      notBefore: time.exactOptional(),
      notAfter: time.exactOptional(),
      renewAt: time.exactOptional(),
    })
    .exactOptional(),
  lastSync: time.exactOptional(),
  nextSync: time.exactOptional(),
  lastSyncTrigger: text.exactOptional(),
  lastHandledSyncRequest: text.exactOptional(),
  lastHandledRenewRequest: text.exactOptional(),
  prune: z
    .object({
      heldHash: text.exactOptional(),
      heldCount: z.number().exactOptional(),
      heldSince: text.exactOptional(),
      recentRemovals: z.array(z.object({ at: text, count: z.number() })).exactOptional(),
    })
    .exactOptional()
    .catch({}),
});

/** The CompassConnection as the rest of the agent sees it, whichever form it is stored in. */
export function toCompassConnection(stored: StoredConnection): CompassConnection {
  const own = stored.metadata.annotations ?? {};
  const spec: ConnectionSpec = specSchema.safeParse(stored.spec).data ?? {
    managementInfo: { directorUrl: '', connectorUrl: '' },
  };
  if (own[annotations.suspend] === 'true') spec.suspend = true;
  const status: ConnectionStatus | undefined =
    stored.status === undefined ? undefined : statusSchema.safeParse(stored.status).data;
  if (status !== undefined) {
    const { lastHandledSyncRequest: sync, lastHandledRenewRequest: renew } = annotations;
    const syncEcho = status.lastHandledSyncRequest ?? own[sync];
    const renewEcho = status.lastHandledRenewRequest ?? own[renew];
    if (syncEcho !== undefined) status.lastHandledSyncRequest = syncEcho;
    if (renewEcho !== undefined) status.lastHandledRenewRequest = renewEcho;
  }
  return {
    apiVersion: 'compass.kyma-project.io/v1alpha1',
    kind: 'CompassConnection',
    metadata: stored.metadata,
    spec,
    ...(status === undefined ? {} : { status }),
  };
}

/** The object with that status, as the form allows it. */
export function withStatus(stored: StoredConnection, status: ConnectionStatus, form: ConnectionForm): StoredConnection {
  if (form === 'subresource') return { ...stored, status: { ...status } };
  const legacy = Object.fromEntries(shippedStatusFields.map((field) => [field, status[field]]));
  return {
    ...withAnnotations(stored, {
      [annotations.lastHandledSyncRequest]: status.lastHandledSyncRequest ?? null,
      [annotations.lastHandledRenewRequest]: status.lastHandledRenewRequest ?? null,
    }),
    status: legacy,
  };
}

/** The object with that change to its spec, as the form allows it. */
export function withSpec(
  stored: StoredConnection,
  change: Partial<ConnectionSpec>,
  form: ConnectionForm,
): StoredConnection {
  const { suspend, ...rest } = change;
  const changed = { ...stored, spec: { ...stored.spec, ...rest } };
  if (suspend === undefined) return changed;
  // The annotation counts in either form, so that a suspension survives a change of the CRD; it goes with resumption.
  if (form === 'shipped') return withAnnotations(changed, { [annotations.suspend]: suspend ? 'true' : null });
  const resumed = suspend ? changed : withAnnotations(changed, { [annotations.suspend]: null });
  return { ...resumed, spec: { ...resumed.spec, suspend } };
}

/** The object with these annotations; null removes. Where none is left there is no map, as the API server has it. */
export function withAnnotations(stored: StoredConnection, change: Record<string, string | null>): StoredConnection {
  const { annotations: present = {}, ...metadata } = stored.metadata;
  const merged = new Map(Object.entries(present));
  for (const [name, value] of Object.entries(change)) {
    if (value === null) merged.delete(name);
    else merged.set(name, value);
  }
  const left = merged.size === 0 ? {} : { annotations: Object.fromEntries(merged) };
  return { ...stored, metadata: { ...metadata, ...left } };
}
