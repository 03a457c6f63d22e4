import type { AgentError } from '../errors/agent-error.ts';
import type { Instant } from '../time/time.ts';

const ceilingMs = { retry: 5 * 60_000, wait: 15 * 60_000, stall: 15 * 60_000 } as const;
const baseMs = { retry: 1, wait: 2, stall: 4 } as const;

/** The run that failed. */
export interface FailedTry {
  /** Failures in a row, at least 1. */
  readonly failures: number;
  readonly startedAt: Instant;
  /** When its failure was known: after a long read, long after its start. */
  readonly failedAt: Instant;
}

/**
 * When the next run may start by itself after a failed one. From its start on, the pause doubles from the floor up to five
 * minutes for passing failures and fifteen where only the other side or a person can help, with ten per cent jitter
 * against herds. A server's Retry-After (RFC 9110, section 10.2.3) and a planned next try count from the failure, and are
 * kept to the letter where they are later.
 * @param random 0 to 1.
 */
export function toRetryAt(
  { reason, next, retryAfterMs }: AgentError,
  { failures, startedAt, failedAt }: FailedTry,
  floorMs: number,
  random: number,
): Instant {
  const growing = floorMs * baseMs[next] * 2 ** Math.min(failures - 1, 16);
  const delayMs = Math.min(growing, Math.max(ceilingMs[next], floorMs));
  const askedAt = failedAt + (retryAfterMs ?? Number.NEGATIVE_INFINITY);
  if (reason === 'TokenRefusedOrUnavailable' && retryAfterMs !== undefined) return askedAt;
  return Math.max(startedAt + Math.max(delayMs * (1 + (random - 0.5) * 0.2), floorMs), askedAt);
}
