import type { Life } from '../agent/life.ts';
import type { KubeWrite } from '../cluster/api-server.ts';
import type { Observer } from '../history/observer.ts';
import { places, type World } from '../history/world.ts';

const minute = 60_000;
const suspension = 'compass.kyma-project.io/suspend';
const callsBesidePages = 10;
const statusWritesAMinute = 6;

/** UCL and the status are left in peace; what was asked for is done once, unless the process died meanwhile. */
export function watchPace(world: World): Observer {
  let suspendedAt = Number.POSITIVE_INFINITY;
  const calls = new Map<Life, number[]>();
  // Whoever lets retries come at once gets more of them.
  const readsAMinute = world.config.minimalSyncTimeMs < 15_000 ? 5 : 2;
  const writes: number[] = [];
  const repetition = watchRepetition(world);

  const countInMinute = (instants: number[]) => {
    const { now } = world.timeline;
    while ((instants[0] ?? now) <= now - minute) instants.shift();
    return instants.push(now);
  };

  return {
    onUclCall: (_, life) => {
      if (world.timeline.now - suspendedAt > world.noticedMs)
        world.violate('suspension-rests', 'UCL was asked while suspended');
      const pages = Math.ceil(world.ucl.landscape.systems.size / world.config.compassPageSize);
      // A process that died takes with it what it knew of its own calls.
      const own = calls.get(life) ?? [];
      calls.set(life, own);
      const count = countInMinute(own);
      if (count > readsAMinute * pages + callsBesidePages) {
        world.violate('ucl-is-left-in-peace', `${count} calls to UCL within a minute`);
      }
    },
    onWrite: (write) => {
      if (write.isRefused || write.place.name !== places.connection.name) return;
      repetition.onWrite(write);
      const isSuspended = write.after?.metadata.annotations?.[suspension] === 'true';
      suspendedAt = isSuspended ? Math.min(suspendedAt, write.at) : Number.POSITIVE_INFINITY;
      if (write.agent === undefined || write.verb !== 'update' || !isStatusChanged(write)) return;
      const count = countInMinute(writes);
      if (count > statusWritesAMinute) world.violate('status-is-written-rarely', `${count} writes within a minute`);
    },
    onDeath: repetition.onDeath,
  };
}

function isStatusChanged({ before, after }: KubeWrite): boolean {
  return JSON.stringify(before?.status) !== JSON.stringify(after?.status);
}

const askedFor = 'compass.kyma-project.io/sync-requested-at';

/** Each request for a sync leads to one, and to another only where the process died before it could say so. */
function watchRepetition(world: World) {
  let allowed = 0;
  const done = new Set<unknown>();
  return {
    onDeath: () => {
      allowed += 1;
    },
    onWrite: ({ agent, before, after }: KubeWrite) => {
      if (agent === undefined) {
        const isAsked = after?.metadata.annotations?.[askedFor] !== before?.metadata.annotations?.[askedFor];
        if (isAsked || (after?.spec?.resyncNow === true && before?.spec?.resyncNow !== true)) allowed += 1;
        return;
      }
      const { lastSyncTrigger, lastSync: sync } = after?.status ?? {};
      if (lastSyncTrigger === 'manual') done.add(sync);
      if (done.size > allowed) {
        world.violate('requests-are-done-once', `${done.size} syncs were made for ${allowed} requests`);
      }
    },
  };
}
