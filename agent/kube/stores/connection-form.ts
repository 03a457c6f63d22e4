import * as z from 'zod';
import { annotations } from '../../domain/annotations.ts';
import type { CompassConnection, ConnectionSpec } from '../../domain/connection.ts';
import { type ConnectionStatus, conditionSchema, connectionStatusSchema } from '../../domain/connection-status.ts';
import { listedRequestKinds } from '../../domain/request-kinds.ts';
import { toRequestToken } from '../../domain/to-request-token.ts';
import type { StoredConnection } from './parse-object.ts';

/*
 * How a CompassConnection is stored. Our CRD has a status subresource and every field. The shipped one has none and
 * prunes what it does not know, so suspension and the echoes of handled requests are annotations there.
 */

export type ConnectionForm = 'subresource' | 'shipped';

/** What the status may say on the shipped CRD (docs/contracts/kubernetes.md#crds). */
const shippedStatusFields = ['connectionState', 'connectionStatus', 'synchronizationStatus'] as const;

const text = z.string();

const specSchema = z.object({
  managementInfo: z
    .object({ directorUrl: text.catch(''), connectorUrl: text.catch('') })
    .catch({ directorUrl: '', connectorUrl: '' }),
  resyncNow: z.boolean().exactOptional(),
  refreshCredentialsNow: z.boolean().exactOptional(),
  suspend: z.boolean().exactOptional(),
});

/** The CompassConnection as the rest of the agent sees it, whichever form it is stored in. */
export function toCompassConnection(stored: StoredConnection): CompassConnection {
  const own = stored.metadata.annotations ?? {};
  const status = stored.status === undefined ? undefined : parseStatus(stored.status);
  for (const [, { echoField, echoAnnotation }] of status === undefined ? [] : listedRequestKinds) {
    const echo = status?.[echoField] ?? own[echoAnnotation];
    if (status !== undefined && echo !== undefined) status[echoField] = echo;
  }
  return {
    apiVersion: 'compass.kyma-project.io/v1alpha1',
    kind: 'CompassConnection',
    metadata: stored.metadata,
    spec: toConnectionSpec(stored),
    ...(status === undefined ? {} : { status }),
  };
}

/** What people want of it, whichever form it is stored in. */
export function toConnectionSpec({ metadata, spec: stored }: StoredConnection): ConnectionSpec {
  const spec = specSchema.safeParse(stored).data ?? { managementInfo: { directorUrl: '', connectorUrl: '' } };
  return metadata.annotations?.[annotations.suspend] === 'true' ? { ...spec, suspend: true } : spec;
}

/** A condition that cannot be read, or that another version wrote, must not cost the whole status. */
function parseStatus(stored: Readonly<Record<string, unknown>>): ConnectionStatus | undefined {
  const whole = connectionStatusSchema.safeParse(stored);
  if (whole.success) return whole.data;
  const { conditions, ...rest } = stored;
  const readable = Array.isArray(conditions)
    ? { conditions: conditions.filter((condition) => conditionSchema.safeParse(condition).success) }
    : {};
  return connectionStatusSchema.safeParse({ ...rest, ...readable }).data;
}

/** The object with that status, as the form allows it. */
export function withStatus(stored: StoredConnection, wanted: ConnectionStatus, form: ConnectionForm): StoredConnection {
  const status = { ...wanted, ...findStandingEchoes(stored) };
  if (form === 'subresource') return { ...stored, status: { ...status } };
  const legacy = Object.fromEntries(shippedStatusFields.map((field) => [field, status[field]]));
  return {
    ...withAnnotations(
      stored,
      Object.fromEntries(
        listedRequestKinds.map(([, { echoAnnotation, echoField }]) => [echoAnnotation, status[echoField] ?? null]),
      ),
    ),
    status: legacy,
  };
}

/**
 * The echoes in the object that answer the requests in it. They stay, whatever a run knows of them that began before the
 * object came, as a backup comes that is put back: without its echo a request would be carried out again.
 */
function findStandingEchoes({ metadata, status }: StoredConnection): Partial<ConnectionStatus> {
  const notes = metadata.annotations ?? {};
  return Object.fromEntries(
    listedRequestKinds.flatMap(([, { annotation, echoField, echoAnnotation }]) => {
      const token = toRequestToken(notes[annotation] ?? '');
      const echo = status?.[echoField] ?? notes[echoAnnotation];
      return token !== '' && echo === token ? [[echoField, token]] : [];
    }),
  );
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
