import type { KubeWrite } from '../cluster/api-server.ts';
import { keyOf, systemIdOf } from '../cluster/object.ts';
import type { Observer } from '../history/observer.ts';
import { places, type World } from '../history/world.ts';
import type { UclCall } from '../ucl/ucl.ts';

/** The reads in a row that lacked a system. */
interface Absence {
  /** When UCL answered the first page of each. */
  readonly reads: readonly number[];
  /** UCL did not tell the truth in one of them. */
  readonly isLie: boolean;
}

interface Read {
  readonly start: number;
  readonly ids: Set<string>;
  isLie: boolean;
  isUsable: boolean;
}

const hour = 3_600_000;
/** The agent counts from when it decides, which is a few requests before the removal is seen here. */
const wayMs = 1_000;
/** The agent counts from when it asked, and a request can be long on its way. */
const toleranceMs = 80_000;
const optOut = 'compass.kyma-project.io/reconcile';

/**
 * No Application is removed whose system was assigned all the time, as long as UCL tells the truth; a large removal
 * needs a second read or a person, whatever UCL tells; nothing foreign is ever changed.
 */
export function watchRemovals(world: World): Observer {
  const holdMs = world.config.pruneHoldMs === 'approve' ? Number.POSITIVE_INFINITY : world.config.pruneHoldMs;
  const absences = new Map<string, Absence>();
  const removals: number[] = [];
  let read: Read | undefined;
  let lastListAt = 0;
  let approvedAt = Number.NEGATIVE_INFINITY;
  /** Since when. */
  const optedOut = new Map<string, number>();

  const noteOptOut = ({ place, after, at }: KubeWrite) => {
    const isOut = after?.metadata.annotations?.[optOut] === 'disabled';
    if (!isOut) optedOut.delete(keyOf(place));
    else if (!optedOut.has(keyOf(place))) optedOut.set(keyOf(place), at);
  };

  const noteRead = ({ start, ids, isLie }: Read) => {
    for (const id of world.ucl.landscape.systems.keys()) {
      const { reads, isLie: wasLie } = absences.get(id) ?? { reads: [], isLie: false };
      if (ids.has(id)) absences.delete(id);
      else absences.set(id, { reads: [...reads, start], isLie: wasLie || isLie });
    }
  };

  const judgeRemoval = ({ before, place }: KubeWrite) => {
    const id = before && systemIdOf(before);
    if (before?.metadata.deletionTimestamp !== undefined) {
      world.violate('deletes-once', `${place.name} was deleted again while it was on its way out`);
    }
    if (id === undefined || isRenamed(world, id)) return;
    const absence = absences.get(id);
    removals.push(world.timeline.now);
    if (absence === undefined) {
      world.violate('removals-are-true', `${place.name} was removed, and the last read held its system`);
    } else if (!absence.isLie && world.ucl.landscape.wasAssigned(id, absence.reads[0] ?? 0, lastListAt)) {
      world.violate('removals-are-true', `${place.name} was removed, and its system was assigned all the time`);
    } else if (isLarge(world, removals) && !isAllowed(absence)) {
      world.violate('large-removals-wait', `${place.name} went with too many others, unconfirmed and unapproved`);
    }
  };

  const isAllowed = ({ reads }: Absence) => approvedAt >= (reads[0] ?? 0) || isConfirmed(world, reads, holdMs);

  return {
    onUclCall: ({ page, at }) => {
      if (page !== undefined) lastListAt = at;
    },
    onUclDelivered: (call) => {
      read = follow(call, read);
      if (call.page?.isLast !== true || read === undefined) return;
      if (!read.isUsable) return;
      if (call.page.isIdsOnly) for (const id of read.ids) absences.delete(id);
      else noteRead(read);
    },
    onWrite: (write) => {
      if (write.agent === undefined && write.place.name === places.connection.name && isApproval(write)) {
        approvedAt = write.at;
      }
      noteOptOut(write);
      if (write.agent === undefined || write.isRefused) return;
      judgeForeign(world, write);
      if (world.timeline.now - (optedOut.get(keyOf(write.place)) ?? world.timeline.now) > world.noticedMs) {
        world.violate('opted-out-stays', `${write.verb} of ${write.place.name}, which somebody opted out`);
      }
      if (write.verb === 'delete' && write.place.plural === 'applications') judgeRemoval(write);
    },
  };
}

function follow({ page, at }: UclCall, read: Read | undefined): Read | undefined {
  if (page === undefined) return read;
  const begins = page.isFirst || read === undefined;
  const current = begins ? { start: at, ids: new Set<string>(), isLie: false, isUsable: true } : read;
  for (const id of page.ids) current.ids.add(id);
  current.isLie ||= page.isLie;
  current.isUsable &&= page.isUsable;
  return current;
}

/**
 * The hold has passed since the first read, and two later reads, a quarter of it apart, lacked the system too. Where the
 * wall clock was wrong a restart may have cut what remained of the hold, and the two reads alone protect.
 */
function isConfirmed(world: World, [first, ...later]: readonly number[], holdMs: number): boolean {
  const [one, last] = [later[0], later.at(-1)];
  if (first === undefined || one === undefined || last === undefined) return false;
  const isPassed = last - first >= holdMs - toleranceMs || world.isClockTroubled;
  return isPassed && last - one >= holdMs / 4 - toleranceMs;
}

const approval = 'compass.kyma-project.io/prune-approved';

function isApproval({ before, after }: KubeWrite): boolean {
  return after?.metadata.annotations?.[approval] !== before?.metadata.annotations?.[approval];
}

/** The system has another Application already, so that this one is only its former name. */
function isRenamed(world: World, id: string): boolean {
  return world.server.storage.list('applications').some((object) => systemIdOf(object) === id);
}

/** All of two or more, or more than five that are also more than half, within an hour. */
function isLarge(world: World, removals: readonly number[]): boolean {
  const removed = removals.filter((at) => world.timeline.now - at < hour - wayMs).length;
  const left = world.server.storage
    .list('applications')
    .filter(
      (object) =>
        systemIdOf(object) !== undefined &&
        object.metadata.deletionTimestamp === undefined &&
        object.metadata.annotations?.[optOut] !== 'disabled',
    ).length;
  return (removed >= 2 && left === 0) || (removed > 5 && removed > (left + removed) / 2);
}

const ownSecrets: ReadonlySet<string> = new Set([places.client.name, places.pairing.name, places.authority.name]);

function judgeForeign(world: World, { before, place, verb }: KubeWrite): void {
  if (before === undefined) return;
  const isForeignApplication = place.plural === 'applications' && systemIdOf(before) === undefined;
  const { labels = {}, ownerReferences = [] } = before.metadata;
  const isMarked = ownerReferences.length > 0 || (labels.app !== undefined && labels.bundleId !== undefined);
  const isForeignSecret = place.plural === 'secrets' && !ownSecrets.has(place.name) && !isMarked;
  if (!isForeignApplication && !isForeignSecret) return;
  world.violate('nothing-foreign-is-changed', `${verb} of ${place.plural}/${place.name}, which is somebody else's`);
}
