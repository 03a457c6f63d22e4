import type { CompassConnection } from '../domain/connection.ts';
import { type RequestKind, requestKinds } from '../domain/request-kinds.ts';

/** The request of that kind that the agent has dealt with last; the module's CRD keeps it as an annotation. */
export function readEcho({ status, metadata }: CompassConnection, kind: RequestKind): string | undefined {
  const { echoField, echoAnnotation } = requestKinds[kind];
  return status?.[echoField] ?? metadata.annotations?.[echoAnnotation];
}
