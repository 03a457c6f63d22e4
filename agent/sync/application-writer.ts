import type { ApplicationResource, FieldManagement, SecretResource } from '../domain/resources.ts';

/**
 * Port: writes one object. Updates and deletes are optimistic: they carry the version that was planned for, and deletes
 * the uid as well, so that a stale cache can never hit what somebody else has changed or made anew.
 * Every method throws AgentError: `Conflict`, `AlreadyExists`, `NotFound`, `Refused`, `PermissionMissing`,
 * `ClusterUnreachable`. Deleting what is gone already succeeds.
 */
export interface ApplicationWriter {
  createApplication(manifest: ApplicationResource, signal: AbortSignal): Promise<ApplicationResource>;
  updateApplication(resource: ApplicationResource, signal: AbortSignal): Promise<ApplicationResource>;
  /** Gives the finalizers that keep it on its way out; none: it is gone. */
  deleteApplication(name: string, planned: PlannedState, signal: AbortSignal): Promise<readonly string[]>;
  /** The Secret of that name as it is now, past every cache; undefined: there is none. */
  readSecret(name: string, signal: AbortSignal): Promise<SecretResource | undefined>;
  /**
   * Who set which fields of an object (`Application mp-one`, `Secret mp-one-...`), past every cache; empty where that was
   * not noted, or the object is gone.
   */
  readManagedFields(object: string, signal: AbortSignal): Promise<readonly FieldManagement[]>;
  createSecret(manifest: SecretResource, signal: AbortSignal): Promise<SecretResource>;
  updateSecret(resource: SecretResource, signal: AbortSignal): Promise<SecretResource>;
  deleteSecret(name: string, planned: PlannedState, signal: AbortSignal): Promise<void>;
}

/** Which state of an object a deletion was planned for. */
export interface PlannedState {
  readonly uid: string;
  /** undefined: whatever it says by now. */
  readonly version: string | undefined;
}

/** What is in the cluster, as the planner needs it: every Application, and the Secrets with a `bundleId` label. */
export interface ClusterSnapshot {
  readonly applications: readonly ApplicationResource[];
  readonly secrets: readonly SecretResource[];
}
