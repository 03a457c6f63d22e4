import type { Observer } from '../history/observer.ts';
import { places, type World } from '../history/world.ts';
import { claimsSynchronized } from './watch-status.ts';

const minute = 60_000;
const suspension = 'compass.kyma-project.io/suspend';

/**
 * A status that claims `Synchronized`, and the read of which it tells, are never older than three periods and 20 minutes, as
 * long as a process lives and may write: what hides a stale read is as bad as what hides a failed one.
 */
export function watchFreshness(world: World): Observer {
  const { schedule } = world.config;
  const periodMs = schedule.kind === 'period' ? schedule.periodMs : 3 * minute;
  const limitMs = 3 * periodMs + 20 * minute;
  let troubledAt = 0;
  let writtenAt = 0;
  /** When the last page of a list reached a process. */
  let readAt = 0;

  const look = () => {
    const { now } = world.timeline;
    const connection = world.server.storage.get(places.connection);
    const { outage, forbidden, delayMs, lostAnswers, conflicts } = world.server.faults;
    const isTroubled = outage !== undefined || forbidden !== undefined || delayMs + lostAnswers + conflicts > 0;
    const isSuspended = connection?.metadata.annotations?.[suspension] === 'true';
    const isAlive = world.agents.some(({ life }) => life?.isDead === false);
    if (isTroubled || isSuspended || !isAlive) troubledAt = now;
    const freshAt = Math.min(writtenAt, readAt);
    if (now - Math.max(troubledAt, freshAt) > limitMs && claimsSynchronized(connection))
      world.violate(
        'status-is-fresh',
        `Synchronized, and ${writtenAt < readAt ? 'the status' : 'the last read'} is ${Math.round((now - freshAt) / minute)} minutes old`,
      );
    world.timeline.after(periodMs, look);
  };
  world.timeline.after(periodMs, look);

  const noteTrouble = () => {
    troubledAt = world.timeline.now;
  };

  return {
    onUclDelivered: ({ page }) => {
      if (page?.isLast === true && !page.isIdsOnly) readAt = world.timeline.now;
    },
    onWrite: ({ agent, place, isRefused }) => {
      if (agent !== undefined && place.name === places.connection.name && !isRefused) writtenAt = world.timeline.now;
    },
    onDeath: noteTrouble,
    onCutOff: noteTrouble,
  };
}
