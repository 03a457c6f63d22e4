import type { Life } from '../agent/life.ts';
import type { Observer } from '../history/observer.ts';
import type { World } from '../history/world.ts';
import type { UclCall } from '../ucl/ucl.ts';

/** Whoever asks, or changes what the agent lives by, is answered before the time that UCL asked for is over. */
const actsCountMs = 60_000;

/** A run outlives the failure of these, and the reads keep their schedule. */
const bySide: ReadonlySet<string> = new Set(['Viewer', 'SetRuntimeLabel']);

/** UCL is not asked by the agent itself before the time that it asked to wait is over. */
export function watchRetryAfter(world: World): Observer {
  /** Of each process and API: when UCL asked it to wait, and until when. */
  const waits = new Map<Life, Map<UclCall['api'], { readonly from: number; readonly to: number }>>();
  let actedAt = Number.NEGATIVE_INFINITY;
  let { offsetMs } = world.clock;
  return {
    onUclCall: ({ api, sentAt, operation }, life) => {
      const { now } = world.timeline;
      if (world.clock.offsetMs !== offsetMs) actedAt = now;
      offsetMs = world.clock.offsetMs;
      const wait = waits.get(life)?.get(api);
      if (wait === undefined || sentAt <= wait.from || sentAt >= wait.to || now - actedAt < actsCountMs) return;
      world.violate('retry-after-is-kept', `${operation} ${wait.to - sentAt} ms before UCL wants to be asked again`);
    },
    onUclDelivered: ({ api, operation, answer }, life) => {
      if (answer.kind !== 'answer' || bySide.has(operation)) return;
      const own = waits.get(life) ?? new Map();
      waits.set(life, own);
      const from = world.timeline.now;
      // Whoever is answered after all need not wait any more.
      if (answer.retryAfter === undefined) own.delete(api);
      else own.set(api, { from, to: from + Number(answer.retryAfter) * 1000 });
    },
    // Whoever leads next reads at once.
    onCutOff: (life) => void waits.delete(life),
    onWrite: ({ agent, at }) => {
      if (agent === undefined) actedAt = at;
    },
  };
}
