import { AgentError } from '../errors/agent-error.ts';
import { describeToPerson } from './api/describe-to-person.ts';
import { KubeError } from './api/kube-error.ts';

/** How failures are told: `kubectl` is the beginning of a command that asks the same cluster. */
export interface PersonsWords {
  readonly kubectl: string;
  /** Requests are those of the Pod's service account, so that what lacks is a right of the agent after all. */
  readonly isServiceAccount: boolean;
}

/** The error as the person is told it whose command failed. */
export function toPersonsError(error: unknown, { kubectl, isServiceAccount }: PersonsWords): unknown {
  if (!(error instanceof KubeError) || isServiceAccount) return error;
  const { reason, message, ...options } = describeToPerson(error.failure, kubectl);
  return new AgentError(reason, message, options);
}

/** The same call, whose failures are told to the person. */
export function tellPerson<Args extends readonly unknown[], Result>(
  call: (...args: Args) => Promise<Result>,
  words: PersonsWords,
): (...args: Args) => Promise<Result> {
  return async (...args) => {
    try {
      return await call(...args);
    } catch (error: unknown) {
      throw toPersonsError(error, words);
    }
  };
}
