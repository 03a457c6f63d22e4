import type { Life } from '../agent/life.ts';
import type { Observer } from '../history/observer.ts';
import type { World } from '../history/world.ts';
import type { UclCall } from '../ucl/ucl.ts';

/** A look, or an answer to a token, is as good as the next request. */
const freshMs = 120_000;

/** A token goes out only where Connector has just answered: presented in an outage of Connector or gateway it is burnt. */
export function watchLooks(world: World): Observer {
  const answeredAt = new Map<Life, number>();
  return {
    onUclCall: (call, life) => {
      if (call.token === undefined) return;
      const last = answeredAt.get(life);
      if (last !== undefined && world.timeline.now - last <= freshMs) return;
      world.violate('tokens-are-not-risked', `${call.operation} with a token, and nobody had looked before`);
    },
    onUclDelivered: (call, life) => {
      if (isOfConnector(call) && isAnswered(call)) answeredAt.set(life, world.timeline.now);
    },
  };
}

function isOfConnector({ api, usedCertificate }: UclCall): boolean {
  return api === 'connector' && usedCertificate === undefined;
}

function isAnswered({ answer }: UclCall): boolean {
  return answer.kind === 'answer' && answer.status !== 429 && answer.status < 500;
}
