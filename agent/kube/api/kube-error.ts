import { AgentError } from '../../errors/agent-error.ts';
import { describeFailure } from './describe-failure.ts';
import type { KubeFailure } from './kube-failure.ts';

/** What this room throws. To other rooms it is an AgentError; inside, its `failure` steers. */
export class KubeError extends AgentError {
  readonly failure: KubeFailure;

  constructor(failure: KubeFailure) {
    const { reason, message, ...options } = describeFailure(failure);
    super(reason, message, options);
    this.failure = failure;
  }
}

/** Whether `error` is a {@link KubeError} of one of the given kinds. */
export function isKubeError<K extends KubeFailure['kind']>(
  error: unknown,
  ...kinds: readonly K[]
): error is KubeError & { readonly failure: KubeFailure & { readonly kind: K } } {
  return error instanceof KubeError && kinds.some((kind) => kind === error.failure.kind);
}
