import { annotations } from '../domain/annotations.ts';
import {
  type ApplicationResource,
  applicationApiVersion,
  type OwnerReference,
  type SecretResource,
} from '../domain/resources.ts';

/**
 * What is ours (design: an Application with `compassMetadata`; a Secret as {@link isOurSecret} says). Nothing else is ever changed or removed.
 */

export const managedByLabel = 'applicationconnector.kyma-project.io/managed-by';
/** Busola protects objects with this value, so the predecessor's name stays. */
export const managedByValue = 'compass-runtime-agent';

export function isOurs({ spec, metadata, unreadable }: ApplicationResource): boolean {
  if (spec.compassMetadata == null) return false;
  // What cannot be read could be anybody's that only looks like ours.
  return unreadable === undefined || metadata.labels?.[managedByLabel] === managedByValue;
}

/** UCL's id of the system that an Application of ours stands for; empty when it has none. */
export function systemIdOf(application: ApplicationResource): string {
  return application.spec.compassMetadata?.applicationId ?? '';
}

/** Somebody deleted it, and a finalizer still keeps it. Nothing can be written to it that would last. */
export function isTerminating(application: ApplicationResource): boolean {
  return application.metadata.deletionTimestamp !== undefined;
}

/** A human opted this Application out. */
export function isOptedOut(application: ApplicationResource): boolean {
  return application.metadata.annotations?.[annotations.reconcile] === 'disabled';
}

/** What tells whether a Secret of a planned name may be written. */
export interface SecretClaim {
  /** The labels that the Secret is planned with. */
  readonly labels: Readonly<Record<string, string>>;
  /** Uids of the Applications of ours whose Secrets may change hands: two of them can plan the same name. */
  readonly ourUids: ReadonlySet<string>;
  /** Uids of all Applications in the cluster. */
  readonly livingUids: ReadonlySet<string>;
}

/**
 * A Secret of a planned name is ours where an Application of ours owns it by its uid, or where it has both labels with our
 * values and no living owner but ours. The name and an owner of the same name are one mark, which never suffices: people
 * copy manifests. A mark that was lost is put back. Pure.
 */
export function isOurSecret(secret: SecretResource, { labels, ourUids, livingUids }: SecretClaim): boolean {
  const owners = secret.metadata.ownerReferences ?? [];
  if (owners.some(({ uid }) => ourUids.has(uid))) return true;
  const hasOurLabels = Object.entries(labels).every(([key, value]) => secret.metadata.labels?.[key] === value);
  // Applications come back with other uids after a restore; an owner of another kind cannot be looked up.
  const isGone = (owner: OwnerReference) => isApplicationOwner(owner) && !livingUids.has(owner.uid);
  return hasOurLabels && owners.every(isGone);
}

export function isApplicationOwner({ apiVersion, kind }: OwnerReference): boolean {
  return kind === 'Application' && apiVersion === applicationApiVersion;
}

/** Name of the Application that a Secret of ours belongs to, or undefined when the Secret is not ours. */
export function ownerOf(secret: SecretResource): string | undefined {
  const { labels, ownerReferences } = secret.metadata;
  if (labels?.app === undefined || labels.bundleId === undefined) return undefined;
  return ownerReferences?.find(isApplicationOwner)?.name;
}
