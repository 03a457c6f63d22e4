import type { SystemFailure } from '../domain/connection-status.ts';
import { toShownText } from '../domain/to-shown-text.ts';

/** So that one long name leaves room for the others. */
const nameLength = 100;

/** The first of the failed systems, for a sentence. */
export function listFailures(failures: readonly SystemFailure[]): string {
  const listed = failures.slice(0, 3).map(({ name, reason }) => `${toShownText(name, nameLength)} (${reason})`);
  const rest = failures.length - listed.length;
  return `Failed: ${listed.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}.`;
}
