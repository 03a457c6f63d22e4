export interface ExchangeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path and query, below the path of the server. */
  readonly path: string;
  /** JSON. */
  readonly body?: string;
  /** A `stream` ends when the server or the signal ends it; its connection is used for nothing else. */
  readonly answer: 'whole' | 'stream';
  /** Gives the exchange up, until the body is read to its end. */
  readonly signal: AbortSignal;
}

export interface ExchangeAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Chunks of text as they arrive, to be read once. Who reads it not to its end aborts the signal. */
  readonly body: AsyncIterable<string>;
}

/**
 * Port: HTTP with the API server, the one way out of this room. It knows credentials and connections, and neither
 * objects nor time-outs. A request without an answer, or whose body is cut off, rejects with an error that has a `code`
 * as Node's system errors have it, or with a KubeError that says why nothing was sent; an abort rejects with the reason of
 * the signal.
 */
export interface Exchange {
  /** Address of the API server. */
  readonly server: string;
  /** Host and port of a proxy in between. */
  readonly proxy?: string | undefined;
  /** Resolves with the head of the answer. */
  send(request: ExchangeRequest): Promise<ExchangeAnswer>;
  /** Gives up the connections that are kept for the next request. */
  closeIdle(): void;
  close(): void;
}
