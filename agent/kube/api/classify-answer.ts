import * as z from 'zod';
import type { AnswerFailure, Attempt, KubeFailure } from './kube-failure.ts';
import { isRecord } from './kube-object.ts';
import { secretType } from './resource-type.ts';
import { GivenUpError } from './supervise-exchange.ts';
import { toServerWords } from './to-server-words.ts';

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly retryAfterMs: number | undefined;
}

/**
 * A refusal by RBAC, as opposed to one by admission, a quota or a namespace that is being deleted: the Status of all of
 * them has code 403 and reason `Forbidden`, and nothing but its text tells them apart.
 */
const rbacRefusal = / cannot \w+ resource /;
/** With these the server tells that it is not itself at present; a retry helps, and nothing else. */
const outageReasons = new Set(['ServiceUnavailable', 'ServerTimeout', 'Timeout']);
/** What etcd says of itself while it has no leader; the API server passes it on as 500 without a reason. */
const etcdOutage = /^etcdserver: (?:request timed out|leader changed|no leader|server stopped|too many requests)/;

const statusSchema = z.object({
  message: z.string().catch(''),
  reason: z.string().catch(''),
  code: z.number().catch(0),
  details: z
    .object({
      name: z.string().catch(''),
      causes: z
        .array(
          z
            .object({ field: z.string().catch(''), reason: z.string().catch(''), message: z.string().catch('') })
            .catch({ field: '', reason: '', message: '' }),
        )
        .catch([]),
    })
    .catch({ name: '', causes: [] }),
});
type Status = z.infer<typeof statusSchema>;
const emptyStatus: Status = { message: '', reason: '', code: 0, details: { name: '', causes: [] } };

/** What an answer of 300 or more means. `body` is what was sent: its values never stand in what is told. */
export function classifyAnswer(attempt: Attempt, answer: Answer, body?: unknown): AnswerFailure {
  const secrets = attempt.type.plural === secretType.plural ? readSentValues(body) : [];
  return classify(attempt, answer.status, parseStatus(answer.text), answer.retryAfterMs, secrets);
}

/** What the Status object in a watch's ERROR event means. */
export function classifyStatusObject(attempt: Attempt, object: unknown): AnswerFailure {
  const status = statusSchema.safeParse(object).data ?? emptyStatus;
  return classify(attempt, status.code, status, undefined, []);
}

/** What a request that got no answer means. `error` is a system or TLS error; only its code is kept. */
export function classifyNetworkError(
  attempt: Attempt,
  { server, proxy }: { readonly server: string; readonly proxy?: string | undefined },
  error: unknown,
): KubeFailure {
  const way = { server, ...(proxy === undefined ? {} : { proxy }) };
  if (error instanceof GivenUpError && error.why === 'silence') return { kind: 'silent', attempt, ...way };
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'no answer';
  return { kind: 'unreachable', attempt, ...way, code };
}

function classify(
  attempt: Attempt,
  code: number,
  status: Status,
  retryAfterMs: number | undefined,
  secrets: readonly string[],
): AnswerFailure {
  const common = { attempt, status: code, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  const explain = () =>
    toServerWords(
      { message: status.message, causes: status.details.causes },
      { secrets, quotesSecrets: attempt.type.plural === secretType.plural },
    );
  switch (code) {
    case 401:
      return { ...common, kind: 'unauthenticated' };
    case 403:
      return status.message === '' || rbacRefusal.test(status.message)
        ? { ...common, kind: 'forbidden' }
        : { ...common, kind: 'rejected', why: explain() };
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
      return { ...common, kind: isRefusal(code, status) ? 'rejected' : 'server-failed', why: explain() };
  }
}

/** A webhook that does not answer or the limit of etcd is a 5xx too, and lasts until somebody reads why. */
function isRefusal(code: number, { message, reason }: Status): boolean {
  if (code < 500) return code >= 400;
  if (message === '' || code === 502 || code === 503 || code === 504) return false;
  return !outageReasons.has(reason) && !etcdOutage.test(message);
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

/** The values of a Secret as they were sent, in base64 and as text. */
function readSentValues(body: unknown): string[] {
  const data = isRecord(body) && isRecord(body.data) ? body.data : {};
  const values = Object.values(data).filter((value) => typeof value === 'string');
  return values.flatMap((value) => [value, Buffer.from(value, 'base64').toString('utf8')]);
}

function parseStatus(text: string): Status {
  try {
    return statusSchema.safeParse(JSON.parse(text)).data ?? emptyStatus;
  } catch {
    return emptyStatus;
  }
}
