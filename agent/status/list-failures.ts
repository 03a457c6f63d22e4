import type { SystemFailure } from '../domain/connection-status.ts';
import { toShownText } from '../domain/to-shown-text.ts';

/** So that one long name leaves room for the others. */
const nameLength = 100;

/** The first of the failed systems, each once with all its reasons, for a sentence. */
export function listFailures(failures: readonly SystemFailure[]): string {
  const systems = [...Map.groupBy(failures, ({ name }) => name)];
  const listed = systems.slice(0, 3).map(([name, all]) => {
    const reasons = new Set(all.map(({ reason }) => reason));
    return `${toShownText(name, nameLength)} (${[...reasons].slice(0, 3).join(', ')})`;
  });
  const rest = systems.length - listed.length;
  return `Failed: ${listed.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}.`;
}
