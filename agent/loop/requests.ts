import { annotations, type CompassConnection } from '../domain/connection.ts';

/** What people ask for on the CompassConnection, by annotations or by the older fields of its spec. */
export interface Requests {
  readonly isSuspended: boolean;
  /** Token to echo, or true for the older spec field; undefined when no sync is asked for. */
  readonly sync: string | true | undefined;
  readonly renew: string | true | undefined;
  readonly approvedHash: string | undefined;
  readonly handledSync: string | undefined;
  readonly handledRenew: string | undefined;
}

/**
 * Compares the opaque request tokens with their echoes. Each has one echo in the status and, on the shipped CRD, which
 * prunes that, one in an annotation; whichever matches counts. Pure.
 */
export function readRequests(resource: CompassConnection | undefined): Requests {
  const notes = resource?.metadata.annotations ?? {};
  const { spec, status } = resource ?? {};
  const handledSync = status?.lastHandledSyncRequest ?? notes[annotations.lastHandledSyncRequest];
  const handledRenew = status?.lastHandledRenewRequest ?? notes[annotations.lastHandledRenewRequest];
  return {
    isSuspended: spec?.suspend === true || notes[annotations.suspend] === 'true',
    sync: toRequest(notes[annotations.syncRequestedAt], handledSync, spec?.resyncNow),
    renew: toRequest(notes[annotations.renewRequestedAt], handledRenew, spec?.refreshCredentialsNow),
    approvedHash: notes[annotations.pruneApproved],
    handledSync,
    handledRenew,
  };
}

function toRequest(token: string | undefined, handled: string | undefined, field: boolean | undefined) {
  if (token !== undefined && token !== '' && token !== handled) return token;
  return field === true ? true : undefined;
}
