import { type DescribedFailure, describeFailure } from './describe-failure.ts';
import type { Attempt, KubeFailure } from './kube-failure.ts';
import { toResourceName } from './resource-type.ts';

/**
 * A failure in the words for the person whose command it is: what lacks is a right of theirs, and not one of the agent.
 * @param kubectl The beginning of a command that asks the same cluster.
 */
export function describeToPerson(failure: KubeFailure, kubectl: string): DescribedFailure {
  const described = describeFailure(failure);
  const told = tell(failure, kubectl);
  return { ...described, ...told };
}

function tell(failure: KubeFailure, kubectl: string): Pick<DescribedFailure, 'message' | 'remedy'> | undefined {
  switch (failure.kind) {
    case 'forbidden': {
      const { attempt } = failure;
      const name = attempt.name === undefined ? '' : ` "${attempt.name}"`;
      return {
        message: `Your user may not ${attempt.verb} ${toResource(attempt)}${name}${toPlace(attempt)}`,
        remedy: `Ask an administrator of the cluster for the verb ${attempt.verb} on ${toResource(attempt)}${toPlace(attempt)}. This tells whether you have it: ${toQuestion(attempt, kubectl)}`,
      };
    }
    case 'unauthenticated':
      return {
        message: 'The API server does not accept your credentials (401)',
        remedy: 'Log in to the cluster again, or name another kubeconfig or context.',
      };
    case 'unreachable':
    case 'silent':
      return failure.proxy === undefined
        ? {
            ...pickMessage(failure),
            remedy: 'Check your network, and that the kubeconfig names the cluster that you mean.',
          }
        : undefined;
    case 'no-credentials':
      return { message: failure.problem, remedy: 'Correct the kubeconfig, or what it names.' };
    case 'unconfigured':
      return {
        message: failure.problem,
        remedy: failure.remedy ?? 'Name the kubeconfig of the cluster by --kubeconfig or KUBECONFIG.',
      };
    default:
      return undefined;
  }
}

function pickMessage(failure: KubeFailure): { message: string } {
  return { message: describeFailure(failure).message };
}

function toResource({ type, subresource }: Attempt): string {
  return toResourceName(type) + (subresource === undefined ? '' : `/${subresource}`);
}

function toPlace({ namespace }: Attempt): string {
  return namespace === undefined ? '' : ` in namespace ${namespace}`;
}

/** As `kubectl auth can-i` takes it; a creation has no name yet. */
function toQuestion({ verb, type, subresource, name, namespace }: Attempt, kubectl: string): string {
  const named = name === undefined || verb === 'create' ? '' : `/${name}`;
  return [
    `${kubectl} auth can-i ${verb} ${toResourceName(type)}${named}`,
    ...(subresource === undefined ? [] : [`--subresource=${subresource}`]),
    ...(namespace === undefined ? [] : [`--namespace ${namespace}`]),
  ].join(' ');
}
