import { z } from 'zod';
import type { AnswerFailure, Attempt, KubeFailure } from './kube-failure.ts';
import { GivenUpError } from './supervise-exchange.ts';

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly retryAfterMs: number | undefined;
}

const maxMessageLength = 300;
/**
 * A refusal by RBAC, as opposed to one by admission, a quota or a namespace that is being deleted: the Status of all of
 * them has code 403 and reason `Forbidden`, and nothing but its text tells them apart.
 */
const rbacRefusal = / cannot \w+ resource /;

const statusSchema = z.object({
  message: z.string().catch(''),
  reason: z.string().catch(''),
  code: z.number().catch(0),
  details: z
    .object({
      name: z.string().catch(''),
      causes: z.array(z.object({ field: z.string().catch(''), reason: z.string().catch('') })).catch([]),
    })
    .catch({ name: '', causes: [] }),
});
type Status = z.infer<typeof statusSchema>;
const emptyStatus: Status = { message: '', reason: '', code: 0, details: { name: '', causes: [] } };

/** What an answer of 300 or more means. */
export function classifyAnswer(attempt: Attempt, answer: Answer): AnswerFailure {
  return classify(attempt, answer.status, parseStatus(answer.text), answer.retryAfterMs);
}

/** What the Status object in a watch's ERROR event means. */
export function classifyStatusObject(attempt: Attempt, object: unknown): AnswerFailure {
  const status = statusSchema.safeParse(object).data ?? emptyStatus;
  return classify(attempt, status.code, status, undefined);
}

/** What a request that got no answer means. `error` is a system or TLS error; only its code is kept. */
export function classifyNetworkError(attempt: Attempt, server: string, error: unknown): KubeFailure {
  if (error instanceof GivenUpError && error.why === 'silence') return { kind: 'silent', attempt, server };
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'no answer';
  return { kind: 'unreachable', attempt, server, code };
}

function classify(attempt: Attempt, code: number, status: Status, retryAfterMs: number | undefined): AnswerFailure {
  const common = { attempt, status: code, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  switch (code) {
    case 401:
      return { ...common, kind: 'unauthenticated' };
    case 403:
      return status.message === '' || rbacRefusal.test(status.message)
        ? { ...common, kind: 'forbidden' }
        : { ...common, kind: 'rejected', why: explain(attempt, status) };
    case 404:
      return isMissingKind(attempt, status)
        ? { ...common, kind: 'crd-missing' }
        : { ...common, kind: 'not-found', ...findMissingNamespace(attempt, status) };
    case 409:
      return { ...common, kind: status.reason === 'AlreadyExists' ? 'already-exists' : 'conflict' };
    case 410:
      return { ...common, kind: 'expired' };
    case 429:
      return { ...common, kind: 'busy' };
    default:
      return code >= 400 && code < 500
        ? { ...common, kind: 'rejected', why: explain(attempt, status) }
        : { ...common, kind: 'server-failed' };
  }
}

/** A 404 that names no object is about the kind: nobody serves that path. */
function isMissingKind(attempt: Attempt, status: Status): boolean {
  if (!attempt.type.custom) return false;
  return attempt.name === undefined || status.details.name !== attempt.name;
}

/** A creation's 404 is about the namespace; the name in the Status says so. */
function findMissingNamespace(attempt: Attempt, status: Status): { missingNamespace?: string } {
  const { name } = status.details;
  return attempt.verb === 'create' && name !== '' && name === attempt.namespace ? { missingNamespace: name } : {};
}

/** The API server's own words, cut; for Secrets the refused fields alone, since messages quote refused values. */
function explain(attempt: Attempt, status: Status): string {
  if (attempt.type.plural === 'secrets') {
    const fields = status.details.causes.map((cause) => `${cause.field} ${cause.reason}`.replace(/[^\w. -]/g, ''));
    return fields.join(', ').slice(0, maxMessageLength);
  }
  const message =
    status.message.length > maxMessageLength ? `${status.message.slice(0, maxMessageLength)}…` : status.message;
  return message.replace(/\.$/, '');
}

function parseStatus(text: string): Status {
  try {
    return statusSchema.safeParse(JSON.parse(text)).data ?? emptyStatus;
  } catch {
    return emptyStatus;
  }
}
