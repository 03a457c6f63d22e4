import type { KubeWrite } from '../cluster/api-server.ts';
import { decode, type StoredObject } from '../cluster/object.ts';
import type { Observer } from '../history/observer.ts';
import { places, type World } from '../history/world.ts';
import type { UclCall } from '../ucl/ucl.ts';
import { conditionOf } from './watch-status.ts';

const prefix = 'compass.kyma-project.io';

/** What people ask for by an annotation, where its echo stands, and what has to be tried or changed before it is echoed. */
const kinds = [
  {
    name: 'sync',
    echoField: 'lastHandledSyncRequest',
    isTry: ({ operation }: UclCall) => operation.startsWith('Landscape'),
    isDone: () => false,
  },
  {
    name: 'renew',
    echoField: 'lastHandledRenewRequest',
    isTry: ({ api }: UclCall) => api === 'connector',
    /** A pairing that was under way ends with another certificate as well. */
    isDone: ({ agent, place, before, after }: KubeWrite) =>
      agent !== undefined && place.name === places.client.name && decode(before).crt !== decode(after).crt,
  },
] as const;

/** What people ask for is done before it is echoed, and done once, unless the process died meanwhile. */
export function watchRequests(world: World): Observer {
  const watched = kinds.map((kind) => watchEchoes(world, kind));
  const repetition = watchRepetition(world);
  return {
    onUclCall: (call) => {
      for (const echoes of watched) echoes.onUclCall(call);
    },
    onWrite: (write) => {
      if (write.isRefused) return;
      for (const echoes of watched) echoes.onDone(write);
      if (write.place.name !== places.connection.name) return;
      repetition.onWrite(write);
      for (const echoes of watched) echoes.onWrite(write);
    },
    onDeath: repetition.onEnd,
    onCutOff: repetition.onEnd,
  };
}

/** The request that was dealt with last, as the object says it. */
function echoOf(connection: StoredObject | undefined, { name, echoField }: (typeof kinds)[number]): unknown {
  return (
    connection?.status?.[echoField] ?? connection?.metadata.annotations?.[`${prefix}/last-handled-${name}-request`]
  );
}

/**
 * What is echoed was tried since it was asked for, by whichever process, or the status says why not; and the echo stays.
 */
function watchEchoes(world: World, kind: (typeof kinds)[number]) {
  const { name, isTry, isDone } = kind;
  /** Echoes that were told once; the agent puts them into a CompassConnection that was made anew. */
  const told = new Set<unknown>();
  /** When each request came first. */
  const askedAt = new Map<unknown, number>();
  let triedAt = Number.NEGATIVE_INFINITY;
  return {
    onUclCall: (call: UclCall) => {
      if (isTry(call)) triedAt = call.at;
    },
    onDone: (write: KubeWrite) => {
      if (isDone(write)) triedAt = write.at;
    },
    onWrite: ({ agent, before, after, at }: KubeWrite) => {
      const asked = after?.metadata.annotations?.[`${prefix}/${name}-requested-at`];
      if (asked !== undefined && !askedAt.has(asked)) askedAt.set(asked, at);
      const [former, echo] = [echoOf(before, kind), echoOf(after, kind)];
      if (agent === undefined || echo === former || after === undefined) return;
      if (echo === undefined) {
        world.violate('requests-are-done-once', `the echo of ${text(former)} was taken away`);
        return;
      }
      if (told.has(echo)) return;
      told.add(echo);
      if (triedAt < (askedAt.get(echo) ?? Number.NEGATIVE_INFINITY) && !isExcused(world, after))
        world.violate('requests-are-done', `${text(echo)} is echoed, and nothing was done since it was asked for`);
    },
  };
}

function text(echo: unknown): string {
  return JSON.stringify(echo);
}

/** Why nothing could be done is told. On the shipped CRD a reason is part of a text, and the certificate's end a date. */
function isExcused({ server, ucl, clock }: World, connection: StoredObject): boolean {
  const { crt = '' } = decode(server.storage.get(places.client));
  const end = ucl.connector.find(crt)?.to;
  if (end !== undefined && clock.nowMs() > end) return true;
  if (connection.status?.conditions === undefined) {
    const old = connection.status?.connectionStatus as { error?: string } | undefined;
    return connection.status?.connectionState !== 'Synchronized' || old?.error !== undefined;
  }
  const isTold = conditionOf(connection, 'Connected')?.reason !== 'Connected';
  return isTold || conditionOf(connection, 'CertificateValid')?.status !== 'True';
}

/** Requests that can wait at the same time: one by the annotation and one by the old field. */
const waitingAtOnce = 2;

/** Each request for a sync leads to one, and to another only where the process died, or lost its Lease, before it could say so. */
function watchRepetition(world: World) {
  let allowed = 0;
  const done = new Set<unknown>();
  /** One that came while another one of its kind waited takes its place. */
  const allowOneMore = (atMost: number) => {
    // While watches are silent, the agent carries one out, knows of the next, and learns of a third one later.
    const unheard = world.isWatchTroubled ? 1 : 0;
    allowed = Math.min(allowed + 1, Math.max(allowed, done.size + atMost + unheard));
  };
  return {
    onEnd: () => allowOneMore(waitingAtOnce + 1),
    onWrite: (write: KubeWrite) => {
      if (write.agent === undefined) {
        if (isRequest(write)) allowOneMore(waitingAtOnce);
        return;
      }
      const { lastSyncTrigger, lastSync: sync } = write.after?.status ?? {};
      if (lastSyncTrigger === 'manual') done.add(sync);
      if (done.size > allowed) {
        world.violate('requests-are-done-once', `${done.size} syncs were made for ${allowed} requests`);
      }
    },
  };
}

/** Whether somebody asks for a sync. */
function isRequest({ agent, before, after }: KubeWrite): boolean {
  if (agent !== undefined) return false;
  const asked = `${prefix}/sync-requested-at`;
  const isAsked = after?.metadata.annotations?.[asked] !== before?.metadata.annotations?.[asked];
  return isAsked || (after?.spec?.resyncNow === true && before?.spec?.resyncNow !== true);
}
