import type { Gate } from '../leadership/gate.ts';
import type { OpenExchange } from './exchange.ts';
import { TransportError } from './wire-failure.ts';

/** Ways to UCL on which nothing is asked without leadership, and on which what is under way ends with it. */
export function guardCalls(open: OpenExchange, gate: Gate): OpenExchange {
  return (options) => {
    const exchange = open(options);
    return {
      async send(request) {
        const isLeading = enter(gate);
        const signal = request.signal === undefined ? isLeading : AbortSignal.any([request.signal, isLeading]);
        return exchange.send({ ...request, signal });
      },
      close: () => exchange.close(),
    };
  };
}

function enter(gate: Gate): AbortSignal {
  try {
    return gate.enter();
  } catch {
    throw new TransportError({ kind: 'transport', cause: 'aborted', errno: undefined, sent: false });
  }
}
