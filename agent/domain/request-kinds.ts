const prefix = 'compass.kyma-project.io';

/**
 * What people can ask for on the CompassConnection, once: the annotation that asks, with an opaque token; the field of
 * the status that echoes the token when it is done, and the annotation that does on the shipped CRD, which prunes the
 * field; and the older field of the spec, which is taken back in place of an echo.
 */
export const requestKinds = {
  sync: {
    annotation: `${prefix}/sync-requested-at`,
    echoAnnotation: `${prefix}/last-handled-sync-request`,
    echoField: 'lastHandledSyncRequest',
    specField: 'resyncNow',
  },
  renew: {
    annotation: `${prefix}/renew-requested-at`,
    echoAnnotation: `${prefix}/last-handled-renew-request`,
    echoField: 'lastHandledRenewRequest',
    specField: 'refreshCredentialsNow',
  },
} as const;

export type RequestKind = keyof typeof requestKinds;

/** Every kind with its names, in a stable order. */
export const listedRequestKinds = Object.keys(requestKinds)
  .filter((kind): kind is RequestKind => kind in requestKinds)
  .map((kind) => [kind, requestKinds[kind]] as const);
