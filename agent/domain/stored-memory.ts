import type { CompassConnection } from './connection.ts';
import type { ConnectionStatus } from './connection-status.ts';
import { type RequestKind, requestKinds } from './request-kinds.ts';
import { toDate } from './to-date.ts';

/** The parts of a CompassConnection in which the agent leaves what must outlive it. */
export interface StoredMemory {
  /** There is no CompassConnection: on a new cluster, or since somebody deleted it. */
  readonly isMissing: boolean;
  /** By the clock of the API server. */
  readonly createdAt: Date | undefined;
  readonly status: ConnectionStatus | undefined;
  readonly annotations: Readonly<Record<string, string>>;
}

export function toStoredMemory(resource: CompassConnection | undefined): StoredMemory {
  return {
    isMissing: resource === undefined,
    createdAt: toDate(resource?.metadata.creationTimestamp),
    status: resource?.status,
    annotations: resource?.metadata.annotations ?? {},
  };
}

/** The request of that kind that was dealt with last: in the status or, on the shipped CRD, in an annotation. Pure. */
export function readEcho({ status, annotations }: StoredMemory, kind: RequestKind): string | undefined {
  const { echoField, echoAnnotation } = requestKinds[kind];
  return status?.[echoField] ?? annotations[echoAnnotation];
}
