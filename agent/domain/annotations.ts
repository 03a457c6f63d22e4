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
  /** Written by the agent on an Application, together with another change of it and never alone (sync/note-changes.ts). */
  systemName: `${prefix}/system-name`,
  systemId: `${prefix}/system-id`,
  lastChangedAt: `${prefix}/last-changed-at`,
  lastChange: `${prefix}/last-change`,
} as const;
