import type { AgentErrorOptions, Reason } from '../../errors/agent-error.ts';
import type { AnswerFailure, Attempt, KubeFailure } from './kube-failure.ts';
import { toResourceName } from './resource-type.ts';

/** A failure as people and other rooms are told of it; the message is a clause. */
export interface DescribedFailure extends AgentErrorOptions {
  readonly reason: Reason;
  readonly message: string;
}

/** The one place that puts a failure of this room into words. */
export function describeFailure(failure: KubeFailure): DescribedFailure {
  switch (failure.kind) {
    case 'unreachable':
    case 'silent': {
      const code = failure.kind === 'silent' ? 'silent connection' : failure.code;
      const through = failure.proxy === undefined ? '' : ` through the proxy ${failure.proxy}`;
      return {
        reason: 'ClusterUnreachable',
        message: `The API server ${failure.server} cannot be reached${through}: ${code}`,
        next: 'retry',
        remedy:
          failure.proxy === undefined
            ? 'Check that the API server runs and that network policies let the agent reach it.'
            : 'Check the proxy, or list the API server in NO_PROXY if it is to be reached without one.',
        details: { ...detail(failure.attempt), code },
      };
    }
    case 'unreadable':
      return {
        reason: 'ClusterUnreachable',
        message: `The API server's answer to ${failure.attempt.verb} is not what Kubernetes sends`,
        next: 'retry',
        remedy: 'Check that the address in the kubeconfig is that of a Kubernetes API server.',
        details: detail(failure.attempt),
      };
    case 'malformed':
      return {
        reason: 'ClusterUnreachable',
        message: `The ${failure.object} that the API server sent has an unexpected form at ${failure.where.join(', ')}`,
        next: 'retry',
        details: { kind: failure.object },
      };
    case 'no-credentials':
      return {
        reason: 'ConfigurationInvalid',
        message: failure.problem,
        next: 'retry',
        remedy: 'Correct the kubeconfig, or what it names; the agent reads it again by itself.',
      };
    case 'unconfigured':
      return {
        reason: 'ConfigurationInvalid',
        message: failure.problem,
        next: 'stall',
        remedy:
          failure.remedy ??
          'Set KUBECONFIG to the kubeconfig file of the cluster, or run the agent in a Pod with a service account.',
      };
    default: {
      const { attempt, status, retryAfterMs } = failure;
      return {
        ...describeAnswer(failure),
        details: { ...detail(attempt), ...(status === undefined ? {} : { status }) },
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      };
    }
  }
}

function describeAnswer(failure: AnswerFailure): DescribedFailure {
  const { attempt } = failure;
  const { verb } = attempt;
  const what = describeObject(attempt);
  switch (failure.kind) {
    case 'unauthenticated':
      return {
        reason: 'PermissionMissing',
        message: `The API server does not accept the agent's credentials (401 on ${verb} of ${what})`,
        next: 'wait',
        remedy: 'Check the service account or the kubeconfig of the agent.',
      };
    case 'forbidden':
      return describeForbidden(attempt);
    case 'crd-missing':
      return {
        reason: 'CrdMissing',
        message: `The CustomResourceDefinition ${toResourceName(attempt.type)} is not installed`,
        next: 'wait',
        remedy: 'Install the CustomResourceDefinitions of the Application Connector.',
      };
    case 'not-found': {
      const { missingNamespace } = failure;
      const why = missingNamespace === undefined ? '' : `: namespace ${missingNamespace} does not exist`;
      return { reason: 'NotFound', message: `There is no ${what}${why}`, next: 'retry' };
    }
    case 'already-exists':
      return { reason: 'AlreadyExists', message: `${what} exists already`, next: 'retry' };
    case 'conflict':
      return { reason: 'Conflict', message: `${what} was changed by somebody else at the same time`, next: 'retry' };
    case 'expired':
      return { reason: 'Conflict', message: `The resource version of ${what} is no longer known`, next: 'retry' };
    case 'rejected':
      return describeRejection(attempt, failure);
    case 'busy':
      return {
        reason: 'ClusterUnreachable',
        message: `The API server is too busy (429 on ${verb} of ${what})`,
        next: 'retry',
      };
    case 'server-failed':
      return {
        reason: 'ClusterUnreachable',
        message: `The API server failed to ${verb} ${what} (${failure.status})${toClause(failure.why)}`,
        next: 'retry',
      };
  }
}

/** A 4xx says that the request is wrong as it is; what 403 and 5xx say may change without the agent. */
function describeRejection(attempt: Attempt, { status, why }: { status: number; why: string }): DescribedFailure {
  const { verb } = attempt;
  const what = describeObject(attempt);
  return {
    reason: 'Refused',
    message: `The API server refused to ${verb} ${what} (${status})${toClause(why)}`,
    next: status === 403 || (status >= 500 && !isTooLarge(why)) ? 'wait' : 'stall',
  };
}

function toClause(why: string): string {
  return why === '' ? '' : `: ${why}`;
}

function describeForbidden(attempt: Attempt): DescribedFailure {
  const resource = describeResource(attempt);
  const name = attempt.name === undefined ? '' : ` "${attempt.name}"`;
  const where = attempt.namespace === undefined ? '' : ` in namespace ${attempt.namespace}`;
  return {
    reason: 'PermissionMissing',
    message: `The agent may not ${attempt.verb} ${resource}${name}${where}`,
    next: 'wait',
    remedy: `Grant the agent's service account the verb ${attempt.verb} on ${resource}${where}.`,
  };
}

/** `secrets kyma-system/name`-like words. */
function describeObject(attempt: Attempt): string {
  const place = [attempt.namespace, attempt.name].filter((part) => part !== undefined).join('/');
  const resource = describeResource(attempt);
  return place === '' ? resource : `${resource} ${place}`;
}

function describeResource({ type, subresource }: Attempt): string {
  return toResourceName(type) + (subresource === undefined ? '' : `/${subresource}`);
}

function detail({ verb, type }: Attempt): { verb: string; resource: string } {
  return { verb, resource: toResourceName(type) };
}

/** The limit of etcd, which the API server passes on as 500: the same object will never be taken. */
function isTooLarge(why: string): boolean {
  return why.startsWith('etcdserver: request is too large');
}
