import type { CompassConnection, ConnectionSpec } from '../domain/connection.ts';
import type { ConnectionStatus } from '../domain/connection-status.ts';
import type { ConnectionEvent } from '../status/decide-events.ts';
import type { SystemEvent } from '../status/to-system-events.ts';

/** Ports of a run. */

/** Port: the CompassConnection, in whatever form the cluster's CRD allows. */
export interface ConnectionStore {
  /** undefined: not there. Throws `CrdMissing` when the CRD is not installed. */
  read(signal: AbortSignal): Promise<CompassConnection | undefined>;
  create(
    spec: ConnectionSpec,
    signal: AbortSignal,
    annotations?: Readonly<Record<string, string>>,
  ): Promise<CompassConnection>;
  /**
   * Changes spec and annotations (null removes) of the present object, repeating on conflict. Writes nothing when
   * there is nothing to change.
   */
  update(
    change: { spec?: Partial<ConnectionSpec>; annotations?: Record<string, string | null> },
    signal: AbortSignal,
  ): Promise<CompassConnection>;
  /**
   * Writes the status, through the subresource where the CRD has one, else with a plain update in which the two
   * echoes become annotations. Writes nothing when the stored status is the same.
   */
  writeStatus(status: ConnectionStatus, signal: AbortSignal): Promise<CompassConnection>;
}

/** Port: Kubernetes Events. Never throws; a refused event is logged once. */
export interface EventRecorder {
  /** On the CompassConnection. */
  record(event: ConnectionEvent): void;
  /** Those of one run on Applications, the most important first: beyond what is bearable they are only counted. */
  recordOnSystems(events: readonly SystemEvent[]): void;
}
