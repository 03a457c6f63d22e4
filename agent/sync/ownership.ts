import { annotations } from '../domain/annotations.ts';
import { type ApplicationResource, applicationApiVersion, type SecretResource } from '../domain/resources.ts';

/**
 * What is ours (design: an Application with `compassMetadata`; a Secret with our labels and an ownerReference to an
 * Application). Nothing else is ever changed or removed.
 */

export const managedByLabel = 'applicationconnector.kyma-project.io/managed-by';
/** Busola protects objects with this value, so the predecessor's name stays. */
export const managedByValue = 'compass-runtime-agent';

export function isOurs(application: ApplicationResource): boolean {
  return application.spec.compassMetadata != null;
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

/** Name of the Application that a Secret of ours belongs to, or undefined when the Secret is not ours. */
export function ownerOf(secret: SecretResource): string | undefined {
  const { labels, ownerReferences } = secret.metadata;
  if (labels?.app === undefined || labels.bundleId === undefined) return undefined;
  return ownerReferences?.find(({ apiVersion, kind }) => kind === 'Application' && apiVersion === applicationApiVersion)
    ?.name;
}
