import type { Life } from '../agent/life.ts';
import type { Observer } from '../history/observer.ts';
import type { World } from '../history/world.ts';
import type { UclCall } from '../ucl/ucl.ts';

/** Whoever asks, or changes what the agent lives by, is answered before the time that UCL asked for is over. */
const actsCountMs = 60_000;

/** UCL is not asked by the agent itself before the time that it asked to wait is over. */
export function watchRetryAfter(world: World): Observer {
  const waits = new Map<Life, Record<UclCall['api'], { readonly from: number; readonly to: number }>>();
  let actedAt = Number.NEGATIVE_INFINITY;
  let { offsetMs } = world.clock;
  return {
    onUclCall: ({ api, sentAt, operation }, life) => {
      const { now } = world.timeline;
      if (world.clock.offsetMs !== offsetMs) actedAt = now;
      offsetMs = world.clock.offsetMs;
      const wait = waits.get(life)?.[api];
      if (wait === undefined || sentAt <= wait.from || sentAt >= wait.to || now - actedAt < actsCountMs) return;
      world.violate('retry-after-is-kept', `${operation} ${wait.to - sentAt} ms before UCL wants to be asked again`);
    },
    onUclDelivered: ({ api, answer }, life) => {
      if (answer.kind !== 'answer' || answer.retryAfter === undefined) return;
      const { now } = world.timeline;
      const never = { from: now, to: now };
      const wait = { from: now, to: now + Number(answer.retryAfter) * 1000 };
      waits.set(life, { connector: never, director: never, ...waits.get(life), [api]: wait });
    },
    onWrite: ({ agent, at }) => {
      if (agent === undefined) actedAt = at;
    },
  };
}
