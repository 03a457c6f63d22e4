import type { SystemFailure } from '../domain/connection-status.ts';

/** The first of the failed systems, for a sentence. */
export function listFailures(failures: readonly SystemFailure[]): string {
  const listed = failures.slice(0, 3).map(({ name, reason }) => `${name} (${reason})`);
  const rest = failures.length - listed.length;
  return `Failed: ${listed.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}.`;
}
