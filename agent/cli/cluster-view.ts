import type { ApplicationResource } from '../domain/resources.ts';
import type { ConnectionStore } from '../reconcile/ports.ts';

/**
 * Port: what the commands see of a cluster, with the rights of the person who calls. Everything throws AgentError in words
 * for that person, `PermissionMissing` where a right of theirs lacks.
 */
export interface ClusterView {
  readonly connection: ConnectionStore;
  /** All of them, with who changed what. */
  listApplications(signal: AbortSignal): Promise<ApplicationResource[]>;
  /** undefined: not there. */
  readApplication(name: string, signal: AbortSignal): Promise<ApplicationResource | undefined>;
  /** undefined: not there. */
  readSecret(place: SecretPlace, signal: AbortSignal): Promise<SecretFacts | undefined>;
}

export interface SecretPlace {
  readonly namespace: string;
  readonly name: string;
}

/** What may be known of a Secret: no value of it leaves the adapter. */
export interface SecretFacts {
  readonly name: string;
  readonly keys: readonly string[];
}
