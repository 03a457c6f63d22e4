import { annotations } from '../domain/annotations.ts';
import { toCount } from '../domain/to-count.ts';
import { toWholeSeconds } from '../errors/explain.ts';
import type { HeldRemoval } from '../sync/sync-facts.ts';
import type { Report } from './report.ts';
import type { Verdict } from './verdict.ts';

/** The removals that wait; undefined: none does. Pure. */
export function judgeHeld({ sync, removedLately, isRemovedUnknown }: Report): Verdict | undefined {
  const holds = sync?.held ?? [];
  if (holds.length === 0) return undefined;
  const lately =
    removedLately > 0 ? ` Within the last hour, ${toCount(removedLately)} were already removed; they count, too.` : '';
  const unknown = isRemovedUnknown
    ? ' The CompassConnection was deleted before this agent started, and with it the note of what was removed within the last hour; until that hour is over, each removal is held.'
    : '';
  return { status: 'True', reason: 'PruneHeld', message: `${holds.map(describeHold).join(' ')}${lately}${unknown}` };
}

function describeHold({ id, applicationNames, since, actsAt }: HeldRemoval): string {
  const names = `${applicationNames.slice(0, 5).join(', ')}${applicationNames.length > 5 ? ', ...' : ''}`;
  const when =
    actsAt === undefined
      ? 'when a person approves it'
      : `at ${toWholeSeconds(actsAt)} at the earliest, if UCL still does not assign them then`;
  return `UCL no longer assigns ${toCount(applicationNames.length)} (${names}), as first seen at ${toWholeSeconds(since)}. The removal is held, in case that is an error: it happens ${when}. To remove exactly these at once, set the annotation ${annotations.pruneApproved}: "${id}".`;
}
