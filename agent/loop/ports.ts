import type { ClientPair, PairingConfiguration } from '../credentials/ports.ts';
import type { CompassConnection, ConnectionSpec, ConnectionStatus } from '../domain/connection.ts';
import type { Landscape } from '../domain/landscape.ts';
import type { ClusterSnapshot } from '../sync/application-writer.ts';

/** Ports of the loop. */

/**
 * Port: the Director over mTLS. Every method throws AgentError: `CompassUnreachable`, `RateLimited`,
 * `CompassRefused`, `RuntimeMismatch`, `InvalidAnswer`, `LandscapeMoving`.
 */
export interface Director {
  /** Who Director takes us for: the proof of a certificate. Throws `RuntimeMismatch` for another runtime's. */
  proveIdentity(signal: AbortSignal): Promise<void>;
  /** Every list to its end; gaps name the systems that could not be read whole. */
  readLandscape(signal: AbortSignal): Promise<Landscape>;
  setRuntimeLabel(key: string, value: string, signal: AbortSignal): Promise<void>;
  /** Lets running requests end and closes the connections. */
  close(): void;
}

export interface DirectorIdentity {
  directorUrl: string;
  pair: ClientPair;
  runtimeId: string;
  tenant: string;
}

/** Port: makes Director clients; `correlationId` is a function because it changes with every sync. */
export type DirectorFactory = (identity: DirectorIdentity) => Director;

/** Why a read of the configuration Secret gave nothing usable. */
export type PairingConfigurationRead =
  | { kind: 'present'; configuration: PairingConfiguration }
  | { kind: 'missing'; message: string }
  | { kind: 'invalid'; message: string };

/** Port: the CompassConnection, in whatever form the cluster's CRD allows. */
export interface ConnectionStore {
  /** undefined: not there. Throws `CrdMissing` when the CRD is not installed. */
  read(signal: AbortSignal): Promise<CompassConnection | undefined>;
  create(spec: ConnectionSpec, signal: AbortSignal): Promise<CompassConnection>;
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

/** Port: Applications and their Secrets from watch caches, or listed afresh where a watch is not permitted. */
export interface ClusterReader {
  snapshot(signal: AbortSignal): Promise<ClusterSnapshot>;
  /** What is not permitted or reachable at present, one sentence each; empty when all is well. */
  limitations(): string[];
}

/** Port: the configuration Secret. */
export interface ConfigurationSource {
  read(signal: AbortSignal): Promise<PairingConfigurationRead>;
}

/** What changed in the cluster; the loop turns it into triggers. */
export type ClusterChange = 'configuration' | 'connection' | 'managed-objects';

/** Port: Kubernetes Events on the CompassConnection. Never throws; a refused event is logged once. */
export interface EventRecorder {
  record(event: { type: 'Normal' | 'Warning'; reason: string; message: string }): void;
}
