import type { Instant } from '../../time/time.ts';

/**
 * How many Events on Applications may be written: a bucket of tokens, as client-go limits the Events of one object
 * (tools/record/events_cache.go), here one bucket for all Applications. A first sync of a large landscape would else write
 * an Event for each system, and etcd would keep them all for an hour.
 */
export interface EventBudget {
  readonly tokens: number;
  /** When it was last counted. */
  readonly at: Instant;
}

const maxTokens = 50;
/** One more in this time: 720 in the hour for which the API server keeps Events. */
const refillMs = 5_000;

export function fullBudget(at: Instant): EventBudget {
  return { tokens: maxTokens, at };
}

/** Takes as many of the `wanted` tokens as there are. Pure. */
export function takeTokens(
  budget: EventBudget,
  wanted: number,
  at: Instant,
): { readonly budget: EventBudget; readonly granted: number } {
  const tokens = Math.min(maxTokens, budget.tokens + Math.max(at - budget.at, 0) / refillMs);
  const granted = Math.min(wanted, Math.floor(tokens));
  return { budget: { tokens: tokens - granted, at }, granted };
}

/** One sentence for Events that are not written: how many of which reason. Pure. */
export function describeLeftOut(events: readonly { readonly reason: string }[]): string {
  const counts = [...Map.groupBy(events, ({ reason }) => reason)].map(([reason, { length }]) => `${length} ${reason}`);
  const what = `${events.length} further Events on Applications are left out, to spare the API server (${counts.join(', ')}).`;
  return `${what} The state of one system: ucl-agent explain SYSTEM`;
}
