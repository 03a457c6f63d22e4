import type { Exchange } from './exchange.ts';
import { Headers } from './headers.ts';
import { weighAnswer } from './weigh-answer.ts';
import { TransportError } from './wire-failure.ts';

/**
 * A `fetch` for graphql-request over an exchange. It throws nothing but {@link TransportError}: `too-large` also for a
 * body that would take more than `maxWeight` bytes of heap. `onWeight` is told what each body takes.
 */
export function createFetch(exchange: Exchange, maxWeight: number, onWeight: (weight: number) => void): typeof fetch {
  return async (input, init = {}) => {
    const request = {
      url: typeof input === 'object' && 'url' in input ? input.url : String(input),
      headers: Object.fromEntries(new Headers(init.headers)),
      body: typeof init.body === 'string' ? init.body : '',
      signal: init.signal ?? undefined,
    };
    const answer = await exchange.send(request).catch((error: unknown) => {
      // The server closed a kept connection just as the request went out on it (nodejs.org, http, reusedSocket), or a
      // firewall has forgotten one that lay idle.
      if (error instanceof TransportError && error.onKeptConnection)
        return exchange.send({ ...request, isFresh: true });
      throw error;
    });
    const { status, headers, body } = answer;
    const weight = weighAnswer(body);
    if (weight > maxWeight) {
      throw new TransportError({ kind: 'transport', cause: 'too-large', errno: undefined, sent: true });
    }
    onWeight(weight);
    return toResponse(status, headers, body);
  };
}

/** Gives the bytes back at once. The garbage collector does that much later: they stand outside of its heap. */
function release({ buffer, byteLength }: Uint8Array<ArrayBuffer>): void {
  // A short answer may share its memory with others.
  if (byteLength === buffer.byteLength) buffer.transfer(0);
}

/** What graphql-request looks at. A `Response` would bring along all of Node's `fetch`. */
function toResponse(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array<ArrayBuffer>,
): Response {
  const read: Omit<Pick<Response, 'status' | 'ok' | 'text' | 'headers'>, 'headers'> & {
    headers: Pick<Headers, 'get'>;
  } = {
    status,
    ok: status >= 200 && status < 300,
    headers: new Headers(headers),
    text: async () => {
      const text = new TextDecoder().decode(body);
      release(body);
      return text;
    },
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the type demands all of it, graphql-request reads only this
  return read as Response;
}
