import type { SystemFailure } from '../domain/connection-status.ts';
import { toShownText } from '../domain/to-shown-text.ts';
import type { ReasonFacts } from '../errors/reason-facts.ts';
import { reasons } from '../errors/reasons.ts';

/** So that one long name leaves room for the others. */
const nameLength = 100;

/** What the cluster refuses for one system it most likely refuses for all, so that one message says what to do. */
const sharedReasons: ReadonlySet<string> = new Set(
  Object.entries<ReasonFacts>(reasons).flatMap(([reason, { group }]) => (group === 'cluster' ? [reason] : [])),
);

/** The first of the failed systems, each once with all its reasons, and what they may have in common, in sentences. */
export function listFailures(failures: readonly SystemFailure[]): string {
  const systems = [...Map.groupBy(failures, ({ name }) => name)];
  const listed = systems.slice(0, 3).map(([name, all]) => {
    const reasonsOfIt = new Set(all.map(({ reason }) => reason));
    return `${toShownText(name, nameLength)} (${[...reasonsOfIt].slice(0, 3).join(', ')})`;
  });
  const rest = systems.length - listed.length;
  const shared = failures.find(({ reason }) => sharedReasons.has(reason));
  const example = shared === undefined ? '' : ` ${shared.message}`;
  return `Failed: ${listed.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}.${example}`;
}
