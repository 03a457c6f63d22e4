import type { Exchange } from './exchange.ts';
import { TransportError } from './wire-failure.ts';

/** A `fetch` for graphql-request over an exchange. It throws nothing but {@link TransportError}. */
export function createFetch(exchange: Exchange): typeof fetch {
  return async (input, init = {}) => {
    const request = {
      url: typeof input === 'object' && 'url' in input ? input.url : String(input),
      headers: Object.fromEntries(new Headers(init.headers)),
      body: typeof init.body === 'string' ? init.body : '',
      signal: init.signal ?? undefined,
    };
    const answer = await exchange.send(request).catch((error: unknown) => {
      // The server closed a kept connection just as the request went out on it (nodejs.org, http, reusedSocket).
      if (error instanceof TransportError && error.onKeptConnection) return exchange.send(request);
      throw error;
    });
    const { status, headers, body } = answer;
    const bodiless = status === 204 || status === 205 || status === 304;
    return new Response(bodiless ? null : body, { status, headers });
  };
}
