const MAX_MS = 60 * 60_000;

/**
 * Reads a Retry-After header (RFC 9110, 10.2.3): seconds or an HTTP date. Milliseconds from `now`, an hour at most, so
 * that a mistaken header cannot silence the agent; undefined when there is nothing usable.
 */
export function parseRetryAfter(value: string | undefined, now: Date): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1_000, MAX_MS);
  const at = Date.parse(text);
  if (Number.isNaN(at)) return undefined;
  return Math.min(Math.max(at - now.getTime(), 0), MAX_MS);
}
