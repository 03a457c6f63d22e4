import type { Gate } from '../../leadership/gate.ts';
import type { Exchange } from './exchange.ts';
import { interceptRequests } from './intercept-requests.ts';

/**
 * The way to the API server on which nothing is written without leadership: such a request rejects with AgentError
 * `LeadershipLost`, and so does one that is under way when the leadership ends. Reading is free.
 */
export function guardWrites(exchange: Exchange, gate: Gate): Exchange {
  return interceptRequests(exchange, async (request) => {
    if (request.method === 'GET') return exchange.send(request);
    const isLeading = gate.enter();
    return exchange.send({ ...request, signal: AbortSignal.any([request.signal, isLeading]) });
  });
}
