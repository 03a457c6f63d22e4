import type { Exchange } from './exchange.ts';

type Send = Exchange['send'];

/** The same exchange with another way to send. Server and proxy are asked each time: both may change while the agent runs. */
export function interceptRequests(exchange: Exchange, send: Send): Exchange {
  return {
    get server() {
      return exchange.server;
    },
    get proxy() {
      return exchange.proxy;
    },
    send,
    closeIdle: () => exchange.closeIdle(),
    close: () => exchange.close(),
  };
}
