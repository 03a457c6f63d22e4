import type { Life } from '../agent/life.ts';
import type { Observer } from '../history/observer.ts';
import { places, type World } from '../history/world.ts';
import type { UclCall } from '../ucl/ucl.ts';
import { approval } from './approval.ts';

/** Whoever asks, or changes what the agent lives by, is answered before the time that UCL asked for is over. */
const actsCountMs = 60_000;

/**
 * The systems are not read by the agent itself before the time that UCL asked to wait is over. The tries with a token have
 * pauses of their own, and what a run asks beside the read holds up no read.
 */
export function watchRetryAfter(world: World): Observer {
  /** Of each process: when UCL asked it to wait, and until when. */
  const waits = new Map<Life, { readonly from: number; readonly to: number }>();
  let actedAt = Number.NEGATIVE_INFINITY;
  let { offsetMs } = world.clock;
  return {
    onUclCall: ({ sentAt, operation }, life) => {
      const { now } = world.timeline;
      if (world.clock.offsetMs !== offsetMs) actedAt = now;
      offsetMs = world.clock.offsetMs;
      const wait = waits.get(life);
      if (wait === undefined || !isRead(operation) || now - actedAt < actsCountMs || isApproved(world)) return;
      if (sentAt > wait.from && sentAt < wait.to)
        world.violate('retry-after-is-kept', `${operation} ${wait.to - sentAt} ms before UCL wants to be asked again`);
    },
    onUclDelivered: ({ operation, answer, token, signed }, life) => {
      // Whoever pairs waits for the systems.
      if (token !== undefined && signed !== undefined) waits.delete(life);
      if (answer.kind !== 'answer' || !isRead(operation)) return;
      const from = world.timeline.now;
      // Whoever is answered after all need not wait any more.
      if (answer.retryAfter === undefined) waits.delete(life);
      else waits.set(life, { from, to: from + Number(answer.retryAfter) * 1000 });
    },
    // Whoever leads next reads at once.
    onCutOff: (life) => void waits.delete(life),
    onWrite: ({ agent, at }) => {
      if (agent === undefined) actedAt = at;
    },
  };
}

/** Whoever looks at an approved removal, for whatever reason, tries to carry it out. */
function isApproved({ server }: World): boolean {
  return server.storage.get(places.connection)?.metadata.annotations?.[approval] !== undefined;
}

function isRead(operation: UclCall['operation']): boolean {
  return operation.startsWith('Landscape');
}
