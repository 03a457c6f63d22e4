import type { ClientCredential } from '../connection/ucl-access.ts';
import type { Time } from '../time/time.ts';

/** One request: always a POST of JSON. */
export interface ExchangeRequest {
  readonly url: string;
  /** By lower-case name; may hold secrets. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Gives the exchange up. */
  readonly signal: AbortSignal | undefined;
  /** On a connection that nothing was sent on before. */
  readonly isFresh?: boolean;
}

export interface ExchangeAnswer {
  readonly status: number;
  /** By lower-case name; those that somebody reads. */
  readonly headers: Readonly<Record<string, string>>;
  /** Read to its end. */
  readonly body: Uint8Array<ArrayBuffer>;
}

/**
 * Port: HTTP with one of Compass's doors, the one way out of this room. It knows TLS, connections, the deadline of an
 * exchange and the limit of an answer's size, and neither GraphQL nor what an answer means.
 */
export interface Exchange {
  /** Rejects with nothing but a `TransportError`. */
  send(request: ExchangeRequest): Promise<ExchangeAnswer>;
  /** Lets running requests end, then closes the connections. */
  close(): void;
}

/** How a client reaches a door. */
export interface ExchangeOptions {
  /** undefined: server TLS only, as with a one-time token. */
  readonly credential: ClientCredential | undefined;
  /** Keeps connections between requests. Off for a one-time token: a stale connection could cost it. */
  readonly keepAlive: boolean;
  readonly skipTlsVerify: boolean;
  /** For the whole exchange, connecting included. */
  readonly requestTimeoutMs: number;
  readonly maxResponseBytes: number;
  readonly time: Pick<Time, 'instant'>;
}

export type OpenExchange = (options: ExchangeOptions) => Exchange;
