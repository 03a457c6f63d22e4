import type { Life } from '../agent/life.ts';
import type { KubeWrite } from '../cluster/api-server.ts';
import type { Observer } from '../history/observer.ts';
import { places, type World } from '../history/world.ts';
import type { UclCall } from '../ucl/ucl.ts';

const minute = 60_000;
const suspension = 'compass.kyma-project.io/suspend';
const callsBesidePages = 10;
/** From 200 systems down to 10, where answers are cut off. */
const halvingsOfAPage = 5;
/** A read of which nothing comes is tried again and given up within that. */
const silentReadMs = 120_000;
/** So many systems that spoil their page are looked for in one read. */
const soughtCulprits = 3;
const statusWritesAMinute = 6;
/** What people do is answered within that. */
const answerMs = 15_000;
/** Of changes that come again and again, two are answered at once and the others wait for a floor of 15 s at least. */
const patientActs = 2;
const floorsAMinute = 4;

/** UCL and the status are left in peace. */
export function watchPace(world: World): Observer {
  let suspendedAt = Number.POSITIVE_INFINITY;
  const calls = new Map<Life, number[]>();
  /** When UCL was last asked while it contradicted itself, cut its answers off, and spoilt pages. */
  let distortedAt = Number.NEGATIVE_INFINITY;
  let truncatedAt = Number.NEGATIVE_INFINITY;
  let silentAt = Number.NEGATIVE_INFINITY;
  let spoiltAt = Number.NEGATIVE_INFINITY;
  const culprits = watchCulprits(world);
  // Whoever lets retries come at once gets more of them, and may be told once more what they came to.
  const isImpatient = world.config.minimalSyncTimeMs < 15_000;
  const readsAMinute = isImpatient ? 5 : 2;
  const writes: number[] = [];
  const { acts, moreSyncs } = watchActs(world);
  const noteEnd = () => {
    // Whoever leads next reads and tells at once, and knows nothing of what was told.
    acts.note();
  };
  const countInMinute = (instants: number[]) => forget(instants, world.timeline.now).push(world.timeline.now);

  return {
    onUclCall: (_, life) => {
      const { now } = world.timeline;
      if (world.ucl.faults.outage === 'silent') silentAt = now;
      const isRunning = now - silentAt < silentReadMs;
      if (now - suspendedAt > world.noticedMs + (isRunning ? silentReadMs : 0))
        world.violate('suspension-rests', 'UCL was asked while suspended');
      acts.noteClock();
      const pages = Math.max(Math.ceil(world.ucl.landscape.systems.size / world.config.compassPageSize), 1);
      // A process that died takes with it what it knew of its own calls.
      const own = calls.get(life) ?? [];
      calls.set(life, own);
      const count = countInMinute(own);
      if (world.ucl.faults.distortions.size > 0) distortedAt = now;
      // What contradicts itself is read once more, or in smaller pages.
      const repeats = now - distortedAt < minute ? 2 : 1;
      if (world.ucl.faults.outage === 'truncated') truncatedAt = now;
      if (culprits.areKnown()) spoiltAt = now;
      const sought = now - spoiltAt < minute ? soughtCulprits : 0;
      const halvings = ((now - truncatedAt < minute ? 1 : 0) + sought) * halvingsOfAPage;
      // Once it is found, each is asked for alone, and what stands behind it too.
      const pieces = readsAMinute * 2 * sought;
      if (count > (readsAMinute + moreSyncs()) * repeats * pages + callsBesidePages + moreSyncs() + halvings + pieces) {
        world.violate('ucl-is-left-in-peace', `${count} calls to UCL within a minute`);
      }
    },
    onUclDelivered: culprits.noteDelivered,
    onWrite: (write) => {
      if (isAct(write)) acts.note();
      if (write.isRefused || write.place.name !== places.connection.name) return;
      const isSuspended = write.after?.metadata.annotations?.[suspension] === 'true';
      suspendedAt = isSuspended ? Math.min(suspendedAt, write.at) : Number.POSITIVE_INFINITY;
      if (write.agent === undefined || write.verb !== 'update' || !isStatusChanged(write)) return;
      acts.hear();
      const count = countInMinute(writes);
      if (count > statusWritesAMinute + (isImpatient ? 1 : 0) + moreSyncs())
        world.violate('status-is-written-rarely', `${count} writes within a minute`);
    },
    onDeath: noteEnd,
    onCutOff: noteEnd,
  };
}

/** Systems that spoil their page are asked for alone until a read that finds none comes to its end. */
function watchCulprits({ ucl }: World) {
  let areFound = false;
  let read = { start: 0, isUsable: true };
  const isSpoiling = () => ucl.faults.distortions.has('partial');
  return {
    areKnown: () => {
      areFound ||= isSpoiling();
      return areFound;
    },
    noteDelivered: ({ page, at }: UclCall) => {
      if (page === undefined || page.isIdsOnly) return;
      if (page.isFirst) read = { start: at, isUsable: true };
      read.isUsable &&= page.isUsable;
      if (page.isLast && read.isUsable && !isSpoiling() && ucl.landscape.changedAt < read.start) areFound = false;
    },
  };
}

/** What people do, or what happens to a process, that can be answered with more syncs than in another minute. */
function watchActs(world: World) {
  // Whoever installs the agent supplies a token.
  const heard: number[] = world.server.storage.get(places.configuration) === undefined ? [] : [world.timeline.now];
  /** What people did while a process could not hear of it, or could not say so: they are answered when that is over. */
  let unheard = 0;
  /** Whoever sets the wall clock makes the agent judge anew. */
  let { offsetMs } = world.clock;
  const isDeaf = () => world.server.faults.outage === 'unreachable';
  const isHindered = () => world.server.faults.outage !== undefined || world.server.faults.lostAnswers > 0;
  const { timeline } = world;
  const acts = {
    note: () => {
      if (isHindered()) unheard += 1;
      else heard.push(timeline.now);
    },
    hear: () => {
      for (; unheard > 0; unheard -= 1) heard.push(timeline.now);
    },
    noteClock: () => {
      if (world.clock.offsetMs !== offsetMs) heard.push(timeline.now);
      offsetMs = world.clock.offsetMs;
    },
  };
  const moreSyncs = () => {
    const lately = forget(heard, timeline.now, minute + answerMs).length + (isDeaf() ? 0 : unheard);
    return Math.min(lately, patientActs + floorsAMinute);
  };
  return { acts, moreSyncs };
}

function forget(instants: number[], now: number, forMs = minute): number[] {
  while ((instants[0] ?? now) <= now - forMs) instants.shift();
  return instants;
}

function isStatusChanged({ before, after }: KubeWrite): boolean {
  return JSON.stringify(before?.status) !== JSON.stringify(after?.status);
}

/** Whether somebody changes what the agent looks at at once. */
function isAct({ agent, place }: KubeWrite): boolean {
  return agent === undefined && (place.name === places.connection.name || place.name === places.configuration.name);
}
