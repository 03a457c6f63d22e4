import { annotations } from '../../domain/annotations.ts';
import type { CompassConnection } from '../../domain/connection.ts';
import type { ConnectionStatus } from '../../domain/connection-status.ts';
import { isSameValue } from '../../domain/is-same-value.ts';
import { listedRequestKinds } from '../../domain/request-kinds.ts';
import { compassConnectionApiVersion, compassConnectionName } from '../../domain/resources.ts';
import type { Logger } from '../../log/logger.ts';
import type { ConnectionStore } from '../../reconcile/ports.ts';
import type { KubeReader, KubeWriter } from '../api/kube-client.ts';
import { isKubeError, KubeError } from '../api/kube-error.ts';
import { readObject } from '../api/object-kind.ts';
import type { ObjectSource } from '../watch/object-source.ts';
import {
  type ConnectionForm,
  toCompassConnection,
  toConnectionSpec,
  withAnnotations,
  withSpec,
  withStatus,
} from './connection-form.ts';
import { createObjectWriter, type ObjectWriter } from './object-writer.ts';
import { connectionKind, type StoredConnection } from './parse-object.ts';

const writeAttempts = 5;
const place = { name: compassConnectionName };

/** Which form the cluster's CRD gives the object. */
interface KnownForm {
  /** The form that is known, or else discovered. */
  get(signal: AbortSignal): Promise<ConnectionForm>;
  discover(signal: AbortSignal): Promise<ConnectionForm>;
}

/**
 * The CompassConnection `compass-connection`, written in the form that the cluster's CRD has. The form is discovered,
 * and again whenever a write shows that the CRD was exchanged.
 */
export function createConnectionStore(
  client: KubeReader & KubeWriter,
  source: ObjectSource<StoredConnection>,
  log: Logger,
): ConnectionStore {
  const form = createKnownForm(client, log);
  const writer = createObjectWriter(client, connectionKind, source);
  const read = (signal: AbortSignal) => source.get(compassConnectionName, signal);
  // Each sync reads it several times, and seldom has it changed.
  const parsed = new WeakMap<StoredConnection, CompassConnection>();
  const toConnection = (stored: StoredConnection): CompassConnection => {
    const connection = parsed.get(stored) ?? toCompassConnection(stored);
    parsed.set(stored, connection);
    return connection;
  };

  /** Repeats a read-change-write until no one else writes in between. */
  const write = async (
    signal: AbortSignal,
    change: (stored: StoredConnection) => Promise<StoredConnection>,
  ): Promise<CompassConnection> => {
    let stored = await read(signal);
    for (let tries = 1; ; tries += 1) {
      if (stored === undefined) {
        throw new KubeError({ kind: 'not-found', attempt: { verb: 'update', type: connectionKind.type, ...place } });
      }
      // A request that came since this run looked would be hidden by the answer of the write.
      source.note(stored);
      try {
        return toConnection(await change(stored));
      } catch (error: unknown) {
        if (!isKubeError(error, 'conflict') || tries === writeAttempts) throw error;
        stored = await readObject(client, connectionKind, place, signal);
      }
    }
  };

  return {
    async read(signal) {
      const stored = await read(signal);
      return stored === undefined ? undefined : toConnection(stored);
    },
    async create({ suspend, ...spec }, signal, wanted = {}) {
      const bare = { apiVersion: compassConnectionApiVersion, kind: 'CompassConnection', metadata: place, spec };
      const noted = withAnnotations(bare, wanted);
      const manifest = suspend === undefined ? noted : withSpec(noted, { suspend }, await form.get(signal));
      return toConnection(await writer.create(manifest, signal));
    },
    async update(change, signal) {
      const known = await form.get(signal);
      return write(signal, async (stored) => {
        const wanted = withAnnotations(withSpec(stored, change.spec ?? {}, known), change.annotations ?? {});
        return isSameValue(stored, wanted) ? stored : writer.update(wanted, signal);
      });
    },
    writeStatus: (status, signal) => write(signal, (stored) => writeStatus({ form, writer }, stored, status, signal)),
  };
}

async function writeStatus(
  { form, writer }: { form: KnownForm; writer: ObjectWriter<StoredConnection> },
  stored: StoredConnection,
  status: ConnectionStatus,
  signal: AbortSignal,
): Promise<StoredConnection> {
  const known = await form.get(signal);
  const wanted = withStatus(stored, status, known);
  if (isSameValue(stored, wanted)) return stored;
  if (known === 'subresource') {
    try {
      return await writer.update(wanted, signal, 'status');
    } catch (error: unknown) {
      if (!isKubeError(error, 'not-found', 'crd-missing')) throw error;
      if ((await form.discover(signal)) === 'subresource') throw error;
      return writer.update(withStatus(stored, status, 'shipped'), signal);
    }
  }
  const written = await writer.update(wanted, signal);
  if (isSameValue(written.status, wanted.status)) return written;
  // A plain update leaves the status alone once the CRD has the subresource: the CRD was exchanged.
  if ((await form.discover(signal)) === 'shipped') return written;
  return writer.update(withStatus(written, status, 'subresource'), signal, 'status');
}

function createKnownForm(client: KubeReader, log: Logger): KnownForm {
  let known: ConnectionForm | undefined;
  const discover = async (signal: AbortSignal): Promise<ConnectionForm> => {
    const { type } = connectionKind;
    const served = await client.discover(type, signal);
    if (!served.includes(type.plural)) throw new KubeError({ kind: 'crd-missing', attempt: { verb: 'get', type } });
    const found = served.includes(`${type.plural}/status`) ? 'subresource' : 'shipped';
    if (found === 'shipped' && known !== 'shipped') {
      log.warn(
        'The CompassConnection CRD is the one of the Go agent: conditions, counts and failures by system do not appear in the status until the CRD of this agent is installed.',
      );
    }
    known = found;
    return found;
  };
  return { get: async (signal) => known ?? discover(signal), discover };
}

/** What people and GitOps tools can change about a CompassConnection; our own status writes leave it as it is. */
export function toConnectionFingerprint(stored: StoredConnection | undefined): string {
  if (stored === undefined) return '';
  const { uid, deletionTimestamp, annotations: present = {} } = stored.metadata;
  const echoes = new Set<string>([
    annotations.pruneMemory,
    annotations.readMemory,
    ...listedRequestKinds.map(([, { echoAnnotation }]) => echoAnnotation),
  ]);
  const steering = Object.entries(present)
    .filter(([name]) => !echoes.has(name))
    .sort(([left], [right]) => (left < right ? -1 : 1));
  return JSON.stringify([uid, deletionTimestamp, steering, toConnectionSpec(stored)]);
}
