import type { Life } from '../agent/life.ts';
import type { KubeWrite } from '../cluster/api-server.ts';
import { type Place, type StoredObject, systemIdOf } from '../cluster/object.ts';
import { heldHashOf } from '../history/meddle.ts';
import type { Observer } from '../history/observer.ts';
import { places, type World } from '../history/world.ts';
import type { UclCall } from '../ucl/ucl.ts';
import { approval } from './approval.ts';
import { followOptOuts } from './follow-opt-outs.ts';

/** The reads in a row that lacked a system. */
interface Absence {
  /** When UCL answered the first page of each. */
  readonly reads: readonly number[];
  /** UCL did not tell the truth in one of them. */
  readonly isLie: boolean;
  /** The look at the ids after the last of them lied. */
  readonly isLookLie?: boolean;
}

interface Read {
  readonly start: number;
  readonly ids: Set<string>;
  /** How many systems there are, by its first page. */
  readonly total: number;
  isLie: boolean;
  isUsable: boolean;
  /** Systems in it that have not come with all that belongs to them. */
  readonly broken: Set<string>;
}

/** Of an Application, by the agent. */
interface Removal {
  readonly at: number;
  readonly name: string;
}

const hour = 3_600_000;
/** The agent counts from when it decides, which is a few requests before the removal is seen here. */
const wayMs = 1_000;

/**
 * No Application is removed whose system was assigned all the time, as long as UCL tells the truth; a large removal
 * needs a second read or a person, whatever UCL tells.
 */
export function watchRemovals(world: World): Observer {
  const holdMs = world.config.pruneHoldMs === 'approve' ? Number.POSITIVE_INFINITY : world.config.pruneHoldMs;
  const absences = followAbsences(world);
  let removals: Removal[] = [];
  const running = new Map<Life, Read>();
  /** When UCL answered the first page of the last list, be it of ids alone. */
  let listedAt = 0;
  const approvals = followApprovals();
  const whole = followWhole(world);
  const term = followTerm(absences.forget);

  const judgeRemoval = ({ before, place }: KubeWrite) => {
    const id = before && systemIdOf(before);
    if (before?.metadata.deletionTimestamp !== undefined) {
      world.violate('deletes-once', `${place.name} was deleted again while it was on its way out`);
    }
    judgePolicy(world, place);
    if (id === undefined || isRenamed(world, id)) return;
    const absence = absences.get(id);
    removals.push({ at: world.timeline.now, name: place.name });
    if (absence === undefined) {
      world.violate('removals-are-true', `${place.name} was removed, and the last read held its system`);
    } else if (!absences.isLookedUp()) {
      world.violate(
        'removals-are-true',
        `${place.name} was removed, and nobody had asked for the ids since the last read`,
      );
    } else if (
      !absence.isLie &&
      absence.isLookLie !== true &&
      world.ucl.landscape.wasAssigned(id, absence.reads[0] ?? listedAt, listedAt)
    ) {
      world.violate('removals-are-true', `${place.name} was removed, and its system was assigned all the time`);
    } else if (isLarge(world, removals, counts) && !isAllowed(absence)) {
      world.violate('large-removals-wait', `${place.name} went with too many others, unconfirmed and unapproved`);
    }
  };

  const counts = (object: StoredObject) => whole.holds(object, absences.readAt());
  const isAllowed = ({ reads }: Absence) =>
    approvals.upTo() >= (reads[0] ?? Number.POSITIVE_INFINITY) || isConfirmed(world, reads, holdMs);

  return {
    onUclCall: ({ page, at }) => {
      if (page?.isFirst === true) listedAt = at;
    },
    onUclDelivered: (call, life) => {
      // Whoever stood still meanwhile has lost the Lease, and nothing comes of what it reads.
      if (world.otherLeader(life) !== undefined) return;
      const read = follow(call, running.get(life));
      if (read !== undefined) running.set(life, read);
      if (call.page?.isLast !== true || read === undefined || !isSound(read)) return;
      if (call.page.isIdsOnly) absences.look(read);
      else absences.note(read, life);
    },
    onDeath: term.onDeath,
    onCutOff: term.onCutOff,
    onWrite: (write) => {
      absences.onWrite(write);
      approvals.onWrite(write);
      whole.onWrite(write);
      if (term.isForgottenBy(write)) removals = [];
      if (write.verb === 'create' && write.after !== undefined) {
        // What is there again has not gone, be it that UCL assigns it again or that people restore a backup.
        removals = removals.filter(({ name }) => name !== write.place.name);
      }
      if (write.agent === undefined || write.isRefused) return;
      if (write.verb === 'delete' && write.place.plural === 'applications') judgeRemoval(write);
    },
  };
}

/** Which systems the reads lacked since they were last seen, as far as it is known to whoever removes. */
function followAbsences(world: World) {
  let absences: ReadonlyMap<string, Absence> = new Map();
  /** When the last whole read came to its end: what is there at that instant is the whole of which the removals are a part. */
  let readAt = 0;
  /** What was known before the last read, as long as the life that has it could not write down what it came to. */
  let unwritten: { readonly life: Life; readonly absences: typeof absences; readonly readAt: number } | undefined;
  let isLookedUp = false;
  /** What the last read held. */
  let held: ReadonlySet<string> = new Set();
  /** Whoever begins then goes on with what is written down. */
  const forget = (life: Life | undefined) => {
    if (unwritten === undefined || unwritten.life !== life) return;
    ({ absences, readAt } = unwritten);
    unwritten = undefined;
  };
  return {
    readAt: () => readAt,
    /** All ids were asked for since the last read. */
    isLookedUp: () => isLookedUp,
    get: (id: string) => absences.get(id),
    note: ({ start, ids, isLie, broken }: Read, life: Life) => {
      // A process that leads again after nobody else did knows what it knew.
      if (unwritten?.life !== life) forget(unwritten?.life);
      unwritten = { life, absences, readAt };
      // A read with gaps confirms nothing.
      const isWhole = broken.size === 0;
      if (isWhole) readAt = world.timeline.now;
      const lacking = [...world.ucl.landscape.systems.keys()].filter((id) => !ids.has(id));
      const next = lacking.map((id): [string, Absence] => {
        const { reads, isLie: wasLie } = absences.get(id) ?? { reads: [], isLie: false };
        return [id, { reads: isWhole ? [...reads, start] : reads, isLie: wasLie || isLie }];
      });
      absences = new Map(next);
      held = ids;
      isLookedUp = false;
    },
    /** What a look at the ids holds is seen. One that lacks most of what the read has just held confirms nothing. */
    look: ({ ids, isLie }: Read) => {
      isLookedUp = true;
      const isBelieved = !areTooMany([...held].filter((id) => !ids.has(id)).length, held.size);
      const lacking = [...absences].filter(([id]) => !ids.has(id));
      absences = new Map(lacking.map(([id, absence]) => [id, { ...absence, isLookLie: isLie && isBelieved }]));
    },
    onWrite: ({ agent, place, isRefused }: KubeWrite) => {
      if (agent !== undefined && !isRefused && place.name === places.connection.name) unwritten = undefined;
    },
    forget,
  };
}

/** An approval is good for what was missing when its hold was told first, and for nothing that went later. */
function followApprovals() {
  /** When each hold was told first, by its hash. */
  const toldAt = new Map<string, number>();
  let upTo = Number.NEGATIVE_INFINITY;
  return {
    /** When the latest of the holds was told that people approved. */
    upTo: () => upTo,
    onWrite: ({ agent, place, before, after, at }: KubeWrite) => {
      if (place.name !== places.connection.name) return;
      const hash = heldHashOf(after);
      if (hash !== undefined && !toldAt.has(hash)) toldAt.set(hash, at);
      const approved = after?.metadata.annotations?.[approval];
      const isOld = approved === before?.metadata.annotations?.[approval];
      if (agent !== undefined || approved === undefined || isOld) return;
      upTo = Math.max(upTo, toldAt.get(approved) ?? Number.NEGATIVE_INFINITY);
    },
  };
}

/** Of which Applications a removal is a part: what people have opted out is none of them, as far as the agent can know. */
function followWhole(world: World) {
  const births = followBirths();
  const optOuts = followOptOuts(world);
  return {
    /** Those that were there when a read ended. */
    holds: (object: StoredObject, readAt: number) =>
      births.of(object) <= readAt &&
      !optOuts.isNoticed({ plural: 'applications', namespace: '', name: object.metadata.name }),
    onWrite: (write: KubeWrite) => {
      births.onWrite(write);
      optOuts.onWrite(write);
    },
  };
}

/** Since when each Application is there. One that a backup puts back at once in the place of itself was there before. */
function followBirths() {
  const bornAt = new Map<string | undefined, number>();
  const takenAway = new Map<string, { readonly at: number; readonly bornAt: number }>();
  const of = ({ metadata }: StoredObject) => bornAt.get(metadata.uid) ?? 0;
  return {
    of,
    onWrite: ({ agent, verb, place, before, after, at }: KubeWrite) => {
      if (place.plural !== 'applications') return;
      if (verb === 'create' && after !== undefined) {
        const former = takenAway.get(place.name);
        const isBack = agent === undefined && former?.at === at;
        bornAt.set(after.metadata.uid, isBack ? former.bornAt : at);
      } else if (verb === 'delete' && agent === undefined && before !== undefined) {
        takenAway.set(place.name, { at, bornAt: of(before) });
      }
    },
  };
}

/** What the note told of removals is gone with a backup that is put back while nobody leads who knows better. */
function followTerm(forget: (life: Life) => void) {
  let isLed = true;
  const onCutOff = () => {
    isLed = false;
  };
  return {
    onCutOff,
    onDeath: (life: Life) => {
      onCutOff();
      forget(life);
    },
    /** Only a backup makes a CompassConnection that is not the agent's. */
    isForgottenBy: ({ agent, verb, place, isRefused }: KubeWrite) => {
      if (agent !== undefined) isLed ||= !isRefused;
      return agent === undefined && verb === 'create' && place.name === places.connection.name && !isLed;
    },
  };
}

function follow({ page, at }: UclCall, read: Read | undefined): Read | undefined {
  if (page === undefined) return read;
  const begins = page.isFirst || read === undefined;
  const current = begins
    ? { start: at, ids: new Set<string>(), total: page.total, isLie: false, isUsable: true, broken: new Set<string>() }
    : read;
  for (const id of page.ids) {
    current.ids.add(id);
    // A page that is broken is asked for again, in parts.
    if (page.broken.includes(id)) current.broken.add(id);
    else current.broken.delete(id);
  }
  current.isLie ||= page.isLie;
  current.isUsable &&= page.isUsable && page.total === current.total;
  return current;
}

/** One whose pages contradict each other, since the list changed while it was read, says nothing of any system. */
function isSound({ isUsable, ids, total }: Read): boolean {
  return isUsable && ids.size >= total;
}

/**
 * The hold has passed since the first read, and two later reads, a quarter of it apart, lacked the system too. Where the
 * wall clock was wrong a restart may have cut what remained of the hold, and the two reads alone protect.
 */
function isConfirmed(world: World, [first, ...later]: readonly number[], holdMs: number): boolean {
  const [one, last] = [later[0], later.at(-1)];
  if (first === undefined || one === undefined || last === undefined) return false;
  const isPassed = last - first >= holdMs || world.isClockTroubled;
  return isPassed && last - one >= holdMs / 4;
}

/** The system has another Application already, so that this one is only its former name. */
function isRenamed(world: World, id: string): boolean {
  return world.server.storage.list('applications').some((object) => systemIdOf(object) === id);
}

/** All of two or more, or more than five that are also more than half, within an hour. */
function isLarge(world: World, removals: readonly Removal[], counts: (object: StoredObject) => boolean): boolean {
  const removed = removals.filter(({ at }) => world.timeline.now - at < hour - wayMs).length;
  const left = world.server.storage
    .list('applications')
    .filter(
      (object) => systemIdOf(object) !== undefined && counts(object) && object.metadata.deletionTimestamp === undefined,
    ).length;
  return areTooMany(removed, left + removed);
}

function areTooMany(part: number, whole: number): boolean {
  return (part >= 2 && part === whole) || (part > 5 && part > whole / 2);
}

function judgePolicy(world: World, { name }: Place): void {
  if (world.config.prunePolicy !== 'upsert-only') return;
  world.violate('removals-are-true', `${name} was removed, and nothing is to be removed`);
}
