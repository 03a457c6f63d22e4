const prefix = 'compass.kyma-project.io';

/** Annotations by which people steer the agent (docs/operating.md), besides those of request-kinds.ts. */
export const annotations = {
  pruneApproved: `${prefix}/prune-approved`,
  /** On the shipped CRD, which prunes `spec.suspend`. */
  suspend: `${prefix}/suspend`,
  /** On an Application: leave this one alone. */
  reconcile: `${prefix}/reconcile`,
} as const;
