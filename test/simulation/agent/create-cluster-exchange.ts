import type { Exchange, ExchangeAnswer, ExchangeRequest } from '../../../agent/kube/api/exchange.ts';
import { type KubeAnswer, readRequest } from '../cluster/api-server.ts';
import type { ClusterWire } from './cluster-wire.ts';
import { beginCall, inProcess, kill, type Life, listen } from './life.ts';
import { openStream } from './open-stream.ts';

/** The exchange of one life with the API server. */
export function createClusterExchange(life: Life, wire: ClusterWire): Exchange {
  return {
    server: 'https://cluster.test',
    send: (request) => (request.answer === 'stream' ? openStream(request, life, wire) : send(request, life, wire)),
    closeIdle: () => undefined,
    close: () => undefined,
  };
}

function send(request: ExchangeRequest, life: Life, wire: ClusterWire): Promise<ExchangeAnswer> {
  const { timeline, server } = wire;
  const begun = beginCall(life);
  return new Promise((resolve, reject) => {
    if (begun === 'nothing') return;
    const { method, path, signal } = request;
    if (method !== 'GET' && !path.includes('/leases')) wire.onSend(`${method} ${path}`);
    const asked = readRequest({ method, path, body: request.body });
    let isOver = false;
    const end = (act: () => void) =>
      inProcess(life, () => {
        if (isOver) return;
        isOver = true;
        unlisten();
        act();
      });
    const fail = (code: string) => end(() => reject(Object.assign(new Error(code), { code })));
    const abort = () => end(() => reject(signal.reason));
    const unlisten = listen(life, signal, abort);
    timeline.after(wayMs(wire), () => {
      if (server.faults.outage === 'unreachable') {
        if (begun === 'dies-after') kill(life);
        return fail('ECONNREFUSED');
      }
      const answer = server.answer(asked, life.agent);
      wire.onCall(`${method} ${path} ${answer.status}`, life);
      if (begun === 'dies-after') kill(life);
      const isLost = wire.chance.happens(server.faults.lostAnswers);
      timeline.after(wayMs(wire), () => (isLost ? fail('ECONNRESET') : end(() => resolve(toExchangeAnswer(answer)))));
    });
  });
}

function wayMs({ chance, server }: ClusterWire): number {
  return chance.between(1, 8) + server.faults.delayMs;
}

function toExchangeAnswer({ status, body, retryAfter }: KubeAnswer): ExchangeAnswer {
  return {
    status,
    headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter },
    body: {
      async *[Symbol.asyncIterator]() {
        yield body;
      },
    },
  };
}
