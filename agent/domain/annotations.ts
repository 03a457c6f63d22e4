const prefix = 'compass.kyma-project.io';

/** Annotations by which people steer the agent (docs/operating.md), besides those of request-kinds.ts. */
export const annotations = {
  /** Ids of the holds that may act at once, separated by commas. */
  pruneApproved: `${prefix}/prune-approved`,
  /** Written by the agent: what the guard of removals must know after a restart (sync/prune-note.ts). */
  pruneMemory: `${prefix}/prune-memory`,
  /** Written by the agent: how large the pages are that UCL answers (compass/size-note.ts). */
  readMemory: `${prefix}/read-memory`,
  /** On the shipped CRD, which prunes `spec.suspend`. */
  suspend: `${prefix}/suspend`,
  /** On an Application: leave this one alone. */
  reconcile: `${prefix}/reconcile`,
} as const;
