import type { AgentError } from '../errors/agent-error.ts';

const ceilingMs = { retry: 5 * 60_000, wait: 15 * 60_000, stall: 15 * 60_000 } as const;
const baseMs = { retry: 1, wait: 2, stall: 4 } as const;

/**
 * How long after the start of a failed run the next one may start by itself: doubling from the floor, up to five
 * minutes for passing failures and fifteen where only the other side or a person can help, with ten per cent jitter
 * against herds. A server's Retry-After and a planned next try are kept to the letter where they are longer.
 * @param failures Failures in a row, at least 1.
 * @param random 0 to 1.
 */
export function toRetryDelayMs(error: AgentError, failures: number, floorMs: number, random: number): number {
  const growing = floorMs * baseMs[error.next] * 2 ** Math.min(failures - 1, 16);
  const delayMs = Math.min(growing, Math.max(ceilingMs[error.next], floorMs));
  const { reason, retryAfterMs } = error;
  if (reason === 'TokenRefusedOrUnavailable' && retryAfterMs !== undefined) return retryAfterMs;
  return Math.max(delayMs * (1 + (random - 0.5) * 0.2), retryAfterMs ?? 0, floorMs);
}
