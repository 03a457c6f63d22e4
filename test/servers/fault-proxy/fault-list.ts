import type { JsonObject } from '../kube-api/kube-object.ts';

/** What a fault may look at to decide whether a request is its own. */
export interface ProxiedRequest {
  method: string;
  /** With the query. */
  path: string;
  /** The verb as Kubernetes knows it (`list`, `watch`, ...); the method in lower case for paths outside resources. */
  verb: string;
  group?: string;
  resource?: string;
  subresource?: string;
  namespace?: string;
  name?: string;
}

/**
 * What happens to a request: late, connection reset, never answered, answered by the proxy itself, or passed on without its
 * answer: when the target has given it, the function is called, and once that is done the connection is reset.
 */
export type FaultEffect =
  | { delayMs: number }
  | { cut: true }
  | { blackhole: true }
  | { status: number; body?: object | string; headers?: Record<string, string> }
  | { cutReply: () => void | Promise<void> };

export interface Fault {
  /** Every request, where it is left out. */
  match?: (request: ProxiedRequest) => boolean;
  /** How many requests it strikes before it is spent; without it, all of them. */
  times?: number;
  effect: FaultEffect;
}

/** A fault that has been added; `hits` counts the requests it has struck. */
export interface ActiveFault {
  remove(): void;
  readonly hits: number;
}

export interface Faults {
  add(fault: Fault): ActiveFault;
  clear(): void;
}

/** Decides which faults strike a request: all the delays that match, up to the first effect that ends it. */
export class FaultList implements Faults {
  readonly #active = new Set<{ fault: Fault; hits: number }>();

  add(fault: Fault): ActiveFault {
    const entry = { fault, hits: 0 };
    this.#active.add(entry);
    return {
      remove: () => this.#active.delete(entry),
      get hits() {
        return entry.hits;
      },
    };
  }

  clear(): void {
    this.#active.clear();
  }

  strike(request: ProxiedRequest): { delayMs: number; end: Exclude<FaultEffect, { delayMs: number }> | undefined } {
    let delayMs = 0;
    for (const entry of this.#active) {
      const { match = () => true, times = Number.POSITIVE_INFINITY, effect } = entry.fault;
      if (entry.hits >= times || !match(request)) continue;
      entry.hits += 1;
      if (!('delayMs' in effect)) return { delayMs, end: effect };
      delayMs += effect.delayMs;
    }
    return { delayMs, end: undefined };
  }
}

const REASONS: Record<number, string> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Expired',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/** The Status that a fault answers with when it brings no body of its own. */
export function toFaultStatus(code: number): JsonObject {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `injected fault: ${code}`,
    reason: REASONS[code] ?? '',
    details: {},
    code,
  };
}
