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

/** With these the API server says that it has changed nothing. */
const refusals: ReadonlySet<KubeFailure['kind']> = new Set([
  'unauthenticated',
  'forbidden',
  'crd-missing',
  'already-exists',
  'conflict',
  'expired',
  'busy',
  'not-found',
  'rejected',
]);

/** Whether the write that failed with `error` had no effect for certain: a lost answer tells nothing about that. */
export function hadNoEffect(error: unknown): boolean {
  return error instanceof KubeError && refusals.has(error.failure.kind);
}
