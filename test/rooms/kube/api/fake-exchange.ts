import type { Exchange, ExchangeAnswer, ExchangeRequest } from '../../../../agent/kube/api/exchange.ts';

/** What a test answers: a status with JSON or text, or with chunks that it sends when it likes. */
export interface FakeAnswer {
  readonly status: number;
  readonly headers?: ExchangeAnswer['headers'];
  readonly body?: object | string | AsyncIterable<string>;
}

export interface FakeExchange extends Exchange {
  /** Oldest first. */
  readonly requests: ExchangeRequest[];
  /** How often the kept connections were given up. */
  readonly idleClosings: () => number;
  readonly isClosed: () => boolean;
}

/** The API server in memory: every request is given to `answer`; one that never resolves is one without an answer. */
export function createFakeExchange(
  answer: (request: ExchangeRequest) => FakeAnswer | Promise<FakeAnswer>,
): FakeExchange {
  const requests: ExchangeRequest[] = [];
  let idleClosings = 0;
  let closed = false;
  return {
    server: 'https://api.example',
    requests,
    idleClosings: () => idleClosings,
    isClosed: () => closed,
    async send(request) {
      requests.push(request);
      const { status, headers = {}, body = {} } = await untilAborted(request.signal, async () => answer(request));
      return { status, headers, body: toChunks(body, request.signal) };
    },
    closeIdle() {
      idleClosings += 1;
    },
    close() {
      closed = true;
    },
  };
}

async function* toChunks(body: object | string | AsyncIterable<string>, signal: AbortSignal) {
  if (typeof body === 'string') yield body;
  else if (Symbol.asyncIterator in body) {
    const chunks = body[Symbol.asyncIterator]();
    for (;;) {
      const next = await untilAborted(signal, () => chunks.next());
      if (next.done === true) return;
      yield next.value;
    }
  } else yield JSON.stringify(body);
}

async function untilAborted<T>(signal: AbortSignal, wait: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  return Promise.race([wait(), promise]);
}
