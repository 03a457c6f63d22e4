import { z } from 'zod';
import { AgentError, type AgentErrorOptions, type Reason } from '../../errors/agent-error.ts';
import { type ResourceType, toResourceName } from './resource-type.ts';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'delete';

/** What was tried, in the words of RBAC: errors are told with these and not with foreign text. */
export interface Attempt {
  readonly verb: Verb;
  readonly type: ResourceType;
  readonly subresource?: 'status';
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly retryAfterMs: number | undefined;
}

const maxMessageLength = 300;
/** A refusal by RBAC, as opposed to one by admission, a quota or a namespace that is being deleted. */
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

/** Makes an AgentError of an answer of 300 or more. */
export function translateAnswer(attempt: Attempt, answer: Answer): AgentError {
  return translate(attempt, answer.status, parseStatus(answer.text), answer.retryAfterMs);
}

/** Makes an AgentError of the Status object in a watch's ERROR event. */
export function translateStatusObject(attempt: Attempt, object: unknown): AgentError {
  const status = statusSchema.safeParse(object).data ?? emptyStatus;
  return translate(attempt, status.code, status, undefined);
}

/** Makes an AgentError of a request that got no answer. `error` is a system or TLS error; only its code is kept. */
export function translateNetworkError(attempt: Attempt, server: string, error: unknown): AgentError {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'no answer';
  return new AgentError('ClusterUnreachable', `The API server ${server} cannot be reached: ${code}.`, {
    next: 'retry',
    remedy: 'Check that the API server runs and that network policies let the agent reach it.',
    details: { verb: attempt.verb, resource: toResourceName(attempt.type), code },
  });
}

/** Makes an AgentError of an answer that no API server gives. */
export function unreadable(attempt: Attempt): AgentError {
  return new AgentError(
    'ClusterUnreachable',
    `The API server's answer to ${attempt.verb} is not what Kubernetes sends.`,
    {
      next: 'retry',
      remedy: 'Check that the address in the kubeconfig is that of a Kubernetes API server.',
      details: { verb: attempt.verb, resource: attempt.type.plural },
    },
  );
}

/** `secret kyma-system/name`-like words for a message. */
export function describeObject(attempt: Attempt): string {
  const place = [attempt.namespace, attempt.name].filter((part) => part !== undefined).join('/');
  const resource = toResourceName(attempt.type) + (attempt.subresource === undefined ? '' : `/${attempt.subresource}`);
  return place === '' ? resource : `${resource} ${place}`;
}

function translate(attempt: Attempt, code: number, status: Status, retryAfterMs: number | undefined): AgentError {
  const fail = (reason: Reason, message: string, next: AgentErrorOptions['next'], remedy?: string) =>
    new AgentError(reason, message, {
      next,
      details: { verb: attempt.verb, resource: toResourceName(attempt.type), status: code },
      ...(remedy === undefined ? {} : { remedy }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  const what = describeObject(attempt);
  switch (code) {
    case 401:
      return fail(
        'PermissionMissing',
        `The API server does not accept the agent's credentials (401 on ${attempt.verb} of ${what}).`,
        'wait',
        'Check the service account or the kubeconfig of the agent.',
      );
    case 403:
      if (status.message !== '' && !rbacRefusal.test(status.message)) {
        return fail('Refused', `The API server forbids to ${attempt.verb} ${what}${explain(attempt, status)}.`, 'wait');
      }
      return permissionMissing(attempt, fail);
    case 404:
      return isMissingKind(attempt, status)
        ? fail(
            'CrdMissing',
            `The CustomResourceDefinition ${toResourceName(attempt.type)} is not installed.`,
            'wait',
            'Install the CustomResourceDefinitions of the Application Connector.',
          )
        : fail('NotFound', `There is no ${what}${explainMissing(attempt, status)}.`, 'retry');
    case 409:
      return status.reason === 'AlreadyExists'
        ? fail('AlreadyExists', `${what} exists already.`, 'retry')
        : fail('Conflict', `${what} was changed by somebody else at the same time.`, 'retry');
    case 410:
      return fail('Conflict', `The resource version of ${what} is no longer known.`, 'retry');
    case 429:
      return fail('ClusterUnreachable', `The API server is too busy (429 on ${attempt.verb} of ${what}).`, 'retry');
    default:
      if (code >= 400 && code < 500) {
        const detail = explain(attempt, status);
        return fail('Refused', `The API server refused to ${attempt.verb} ${what} (${code})${detail}.`, 'stall');
      }
      return fail('ClusterUnreachable', `The API server failed to ${attempt.verb} ${what} (${code}).`, 'retry');
  }
}

function permissionMissing(
  attempt: Attempt,
  fail: (reason: Reason, message: string, next: AgentErrorOptions['next'], remedy: string) => AgentError,
): AgentError {
  const resource = toResourceName(attempt.type) + (attempt.subresource === undefined ? '' : `/${attempt.subresource}`);
  const name = attempt.name === undefined ? '' : ` "${attempt.name}"`;
  const where = attempt.namespace === undefined ? '' : ` in namespace ${attempt.namespace}`;
  return fail(
    'PermissionMissing',
    `The agent may not ${attempt.verb} ${resource}${name}${where}.`,
    'wait',
    `Grant the agent's service account the verb ${attempt.verb} on ${resource}${where}.`,
  );
}

/** A 404 that names no object is about the kind: nobody serves that path. */
function isMissingKind(attempt: Attempt, status: Status): boolean {
  if (!attempt.type.custom) return false;
  return attempt.name === undefined || status.details.name !== attempt.name;
}

/** A creation's 404 is about the namespace; the name in the Status says so. */
function explainMissing(attempt: Attempt, status: Status): string {
  return attempt.verb === 'create' && status.details.name !== '' && status.details.name === attempt.namespace
    ? `: namespace ${attempt.namespace} does not exist`
    : '';
}

/** The API server's own words, cut; for Secrets the refused fields alone, since messages quote refused values. */
function explain(attempt: Attempt, status: Status): string {
  if (attempt.type.plural === 'secrets') {
    const fields = status.details.causes.map((cause) => `${cause.field} ${cause.reason}`.replace(/[^\w. -]/g, ''));
    return fields.length === 0 ? '' : `: ${fields.join(', ').slice(0, maxMessageLength)}`;
  }
  if (status.message === '') return '';
  const message =
    status.message.length > maxMessageLength ? `${status.message.slice(0, maxMessageLength)}…` : status.message;
  return `: ${message.replace(/\.$/, '')}`;
}

function parseStatus(text: string): Status {
  try {
    return statusSchema.safeParse(JSON.parse(text)).data ?? emptyStatus;
  } catch {
    return emptyStatus;
  }
}
