import type { ConnectionFacts } from '../connection/connection-facts.ts';
import type { ConnectionMemory } from '../connection/connection-memory.ts';

export type RenewalResult = 'success' | 'failure';

/** What a renewal came to that this run tried; undefined: it tried none. Pure. */
export function toRenewalResult(
  before: Pick<ConnectionMemory, 'renewals'>,
  { renewals, events }: Pick<ConnectionFacts, 'renewals' | 'events'>,
): RenewalResult | undefined {
  if (renewals.every((instant) => before.renewals.includes(instant))) return undefined;
  return events.includes('renewed') ? 'success' : 'failure';
}
