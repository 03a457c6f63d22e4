import { AgentError } from '../errors/agent-error.ts';

/** The same failure, with the same consequences, in other words. */
export function retell(
  error: AgentError,
  { message, remedy }: { message: string; remedy: string | undefined },
): AgentError {
  const { reason, next, details, retryAfterMs } = error;
  return new AgentError(reason, message, {
    next,
    ...(remedy !== undefined && { remedy }),
    details,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}
