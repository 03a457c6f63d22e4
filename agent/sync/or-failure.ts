import { type AgentError, toAgentError } from '../errors/agent-error.ts';

/** The value, or the failure as an AgentError. @throws the reason of an aborted `signal`. */
export async function orFailure<T>(
  promise: Promise<T>,
  doing: string,
  signal: AbortSignal,
): Promise<{ readonly value: T } | { readonly error: AgentError }> {
  try {
    return { value: await promise };
  } catch (error: unknown) {
    signal.throwIfAborted();
    return { error: toAgentError(error, doing) };
  }
}
