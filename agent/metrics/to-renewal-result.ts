import type { ConnectionFacts } from '../connection/connection-facts.ts';

export type RenewalResult = 'success' | 'failure';

/** What a renewal came to that this run tried; undefined: it tried none. Pure. */
export function toRenewalResult({
  isRenewalTried,
  events,
}: Pick<ConnectionFacts, 'isRenewalTried' | 'events'>): RenewalResult | undefined {
  if (!isRenewalTried) return undefined;
  return events.includes('renewed') ? 'success' : 'failure';
}
