import { annotations, type CompassConnection, type ConnectionStatus } from '../../domain/connection.ts';
import { compassConnectionApiVersion, compassConnectionName } from '../../domain/resources.ts';
import type { Logger } from '../../log/logger.ts';
import type { ConnectionStore } from '../../loop/ports.ts';
import type { KubeClient } from '../api/kube-client.ts';
import { isKubeError, KubeError } from '../api/kube-error.ts';
import { readObject } from '../api/object-kind.ts';
import { compassConnectionType } from '../api/resource-type.ts';
import type { ResourceWatch } from '../watch/resource-watch.ts';
import { type ConnectionForm, toCompassConnection, withAnnotations, withSpec, withStatus } from './connection-form.ts';
import { connectionKind, parseStoredConnection, type StoredConnection } from './parse-object.ts';
import { isSameValue } from './same-value.ts';

const writeAttempts = 5;
const target = { type: compassConnectionType, name: compassConnectionName };

/** The stored object, and the form that the CRD gives it. */
interface ConnectionAccess {
  /** The form that is known, or else discovered. */
  form(signal: AbortSignal): Promise<ConnectionForm>;
  discoverForm(signal: AbortSignal): Promise<ConnectionForm>;
  read(signal: AbortSignal): Promise<StoredConnection | undefined>;
  create(object: StoredConnection, signal: AbortSignal): Promise<StoredConnection>;
  put(object: StoredConnection, signal: AbortSignal, subresource?: 'status'): Promise<StoredConnection>;
}

/**
 * The CompassConnection `compass-connection`, read from its watch and written in the form that the cluster's CRD has.
 * The form is discovered, and again whenever a write shows that the CRD was exchanged.
 */
export function createConnectionStore(
  client: KubeClient,
  watch: ResourceWatch<StoredConnection>,
  log: Logger,
): ConnectionStore {
  const access = createAccess(client, watch, log);

  /** Repeats a read-change-write until no one else writes in between. */
  const write = async (
    signal: AbortSignal,
    change: (stored: StoredConnection) => Promise<StoredConnection>,
  ): Promise<CompassConnection> => {
    let stored = await access.read(signal);
    for (let tries = 1; ; tries += 1) {
      if (stored === undefined) throw new KubeError({ kind: 'not-found', attempt: { verb: 'update', ...target } });
      try {
        return toCompassConnection(await change(stored));
      } catch (error: unknown) {
        if (!isKubeError(error, 'conflict') || tries === writeAttempts) throw error;
        stored = await readStoredConnection(client, signal);
      }
    }
  };

  return {
    async read(signal) {
      const stored = await access.read(signal);
      return stored === undefined ? undefined : toCompassConnection(stored);
    },
    async create({ suspend, ...spec }, signal) {
      const metadata = { name: compassConnectionName };
      const bare = { apiVersion: compassConnectionApiVersion, kind: 'CompassConnection', metadata, spec };
      const manifest = suspend === undefined ? bare : withSpec(bare, { suspend }, await access.form(signal));
      return toCompassConnection(await access.create(manifest, signal));
    },
    async update(change, signal) {
      const form = await access.form(signal);
      return write(signal, async (stored) => {
        const wanted = withAnnotations(withSpec(stored, change.spec ?? {}, form), change.annotations ?? {});
        return isSameValue(stored, wanted) ? stored : access.put(wanted, signal);
      });
    },
    writeStatus: (status, signal) => write(signal, (stored) => writeStatus(access, stored, status, signal)),
  };
}

async function writeStatus(
  access: ConnectionAccess,
  stored: StoredConnection,
  status: ConnectionStatus,
  signal: AbortSignal,
): Promise<StoredConnection> {
  const form = await access.form(signal);
  const wanted = withStatus(stored, status, form);
  if (isSameValue(stored, wanted)) return stored;
  if (form === 'subresource') {
    try {
      return await access.put(wanted, signal, 'status');
    } catch (error: unknown) {
      if (!isKubeError(error, 'not-found', 'crd-missing')) throw error;
      if ((await access.discoverForm(signal)) === 'subresource') throw error;
      return access.put(withStatus(stored, status, 'shipped'), signal);
    }
  }
  const written = await access.put(wanted, signal);
  if (isSameValue(written.status, wanted.status)) return written;
  // A plain update leaves the status alone once the CRD has the subresource: the CRD was exchanged.
  if ((await access.discoverForm(signal)) === 'shipped') return written;
  return access.put(withStatus(written, status, 'subresource'), signal, 'status');
}

function createAccess(client: KubeClient, watch: ResourceWatch<StoredConnection>, log: Logger): ConnectionAccess {
  let known: ConnectionForm | undefined;
  const discoverForm = async (signal: AbortSignal): Promise<ConnectionForm> => {
    const served = await client.discover(compassConnectionType, signal);
    if (!served.includes(compassConnectionType.plural))
      throw new KubeError({ kind: 'crd-missing', attempt: { verb: 'get', type: compassConnectionType } });
    const found = served.includes(`${compassConnectionType.plural}/status`) ? 'subresource' : 'shipped';
    if (found === 'shipped' && known !== 'shipped') {
      log.warn(
        'The CompassConnection CRD is the one of the Go agent: conditions, counts and failures by system do not appear in the status until the CRD of this agent is installed.',
      );
    }
    known = found;
    return found;
  };
  return {
    form: async (signal) => known ?? discoverForm(signal),
    discoverForm,
    async read(signal) {
      await watch.settled(signal);
      if (watch.isCurrent()) return watch.cache.get(compassConnectionName);
      return readStoredConnection(client, signal);
    },
    create: (object, signal) =>
      watch.cache.write(compassConnectionName, async () =>
        parseStoredConnection(await client.create(compassConnectionType, object, signal)),
      ),
    put: (object, signal, subresource) =>
      watch.cache.write(compassConnectionName, async () =>
        parseStoredConnection(await client.update(compassConnectionType, object, signal, subresource)),
      ),
  };
}

/** Reads the CompassConnection live; undefined when there is none. */
function readStoredConnection(client: KubeClient, signal: AbortSignal): Promise<StoredConnection | undefined> {
  return readObject(client, connectionKind, target, signal);
}

/** What people and GitOps tools can change about a CompassConnection; our own status writes leave it as it is. */
export function toConnectionFingerprint(stored: StoredConnection | undefined): string {
  if (stored === undefined) return '';
  const { uid, deletionTimestamp, annotations: present = {} } = stored.metadata;
  const { lastHandledSyncRequest, lastHandledRenewRequest } = annotations;
  const steering = Object.entries(present)
    .filter(([name]) => name !== lastHandledSyncRequest && name !== lastHandledRenewRequest)
    .sort(([left], [right]) => (left < right ? -1 : 1));
  return JSON.stringify([uid, deletionTimestamp, steering, toCompassConnection(stored).spec]);
}
