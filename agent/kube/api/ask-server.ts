import type { Exchange } from './exchange.ts';
import { isRecord } from './kube-object.ts';
import { accessReviewType, toResourcePath } from './resource-type.ts';
import { type Connection, sendRequest } from './send-request.ts';

export interface ReviewedAccess {
  readonly user: string;
  readonly groups: readonly string[];
  readonly resourceAttributes: Readonly<Record<string, string>>;
}

/** Whether somebody else may do something. Everything but an abort throws a KubeError. */
export async function reviewAccess(
  connection: Connection,
  spec: ReviewedAccess,
  signal: AbortSignal,
): Promise<boolean> {
  const request = {
    attempt: { verb: 'create', type: accessReviewType },
    method: 'POST',
    path: toResourcePath(accessReviewType),
    body: { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec },
  } as const;
  const answer = await sendRequest(connection, request, signal);
  return isRecord(answer) && isRecord(answer.status) && answer.status.allowed === true;
}

/** The clock of the API server, to a second; undefined where its answer has none. Any answer will do. */
export async function readServerTime(exchange: Exchange, signal: AbortSignal): Promise<Date | undefined> {
  const { headers, body } = await exchange.send({ method: 'GET', path: '/version', answer: 'whole', signal });
  for await (const _ of body);
  const date = Date.parse(String(headers.date));
  return Number.isNaN(date) ? undefined : new Date(date);
}
