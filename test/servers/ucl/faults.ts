import type { Landscape } from './landscape.ts';
import type { Endpoint } from './request-log.ts';

/** A GraphQL answer as it goes over the wire. */
export interface GraphQLAnswer {
  data?: unknown;
  errors?: unknown;
}

/** What a fault does to a request that it matches. */
export type FaultEffect =
  /** Answers this in place of executing; a one-time token stays usable. */
  | { status: number; body?: string; headers?: Record<string, string> }
  /** Waits, then goes on. */
  | { latencyMs: number }
  /** Never answers. */
  | { hang: true }
  /** Executes (burning the token), then cuts the connection without an answer, once the function is done. */
  | { cutReply: true | (() => Promise<void>) }
  /** Cuts the connection before executing. */
  | { refuse: true }
  /** Executes, announces the whole answer, sends this many bytes of it and cuts the connection. */
  | { truncateBody: number }
  /** Executes, announces the whole answer, sends this many bytes of it and then nothing more. */
  | { stallBody: number }
  /** Executes and sends what this makes of the answer. May be asynchronous. */
  | { rewrite: (answer: GraphQLAnswer) => unknown }
  /** Executes and sends what this makes of the bytes of the answer, which need not be text any more. */
  | { rewriteBytes: (body: Buffer) => Buffer }
  /** Executes as if nobody had asked: what a revoked identity and an outage of the backend look like. Burns no token. */
  | { loseIdentity: true }
  /** Changes the landscape, then executes. */
  | { movingLandscape: (landscape: Landscape) => void };

/** A request as `when` sees it; `page` counts from 1, by the cursor and size that the request names. */
export interface FaultedRequest {
  variables: Record<string, unknown>;
  page: number;
}

export interface Fault {
  on: Endpoint;
  /** A root field, such as `applicationsForRuntime`, `configuration`, `signCertificateSigningRequest`. */
  operation?: string;
  /** How many matching requests it takes; 1 by default, may be Infinity. */
  times?: number;
  when?: (request: FaultedRequest) => boolean;
  effect: FaultEffect;
}

/** A fault that was added. */
export interface FaultHandle {
  remove(): void;
  /** How many requests it has taken so far. */
  readonly hits: number;
}

/** The faults that the embedded UCL shows, each consumed by the requests that match it. */
export class Faults {
  /** Added to the clock when the validity of a certificate is set: a backend whose clock is off. */
  clockSkewMs = 0;
  #faults: { fault: Fault; hits: number }[] = [];

  add(fault: Fault): FaultHandle {
    const entry = { fault, hits: 0 };
    this.#faults.push(entry);
    return {
      remove: () => {
        this.#faults = this.#faults.filter((candidate) => candidate !== entry);
      },
      get hits() {
        return entry.hits;
      },
    };
  }

  /** Removes all faults and the clock skew. */
  clear(): void {
    this.#faults = [];
    this.clockSkewMs = 0;
  }

  /** The effects of all faults that match, in the order they were added; each is consumed once. */
  take(endpoint: Endpoint, operations: readonly string[], request: FaultedRequest): FaultEffect[] {
    const matching = this.#faults.filter(
      ({ fault, hits }) =>
        fault.on === endpoint &&
        hits < (fault.times ?? 1) &&
        (fault.operation === undefined || operations.includes(fault.operation)) &&
        (fault.when === undefined || fault.when(request)),
    );
    for (const entry of matching) entry.hits += 1;
    return matching.map(({ fault }) => fault.effect);
  }
}
