import type { ResourceTarget, Verb } from './request-target.ts';

/** One request for resources that has been answered, or whose watch has begun. */
export interface KubeRequest extends Omit<ResourceTarget, 'version'> {
  /** When it came, where that is known, or when it was answered. */
  at: Date;
  /** HTTP status; 0 where no answer was given. */
  status: number;
  user: string;
}

/**
 * The requests that have come to a server since its start or the last `clear()`, once they are answered. Discovery and health
 * are left out.
 */
export interface KubeRequests {
  all(): KubeRequest[];
  count(filter?: (request: KubeRequest) => boolean): number;
  clear(): void;
  byVerb(): Record<string, number>;
}

export interface RequestLog extends KubeRequests {
  add(request: KubeRequest): void;
}

export function createRequestLog(): RequestLog {
  let requests: KubeRequest[] = [];
  let clearedAt = new Date(0);
  return {
    add: (request) => {
      // What it did may be seen before its answer has come to an end.
      if (request.at >= clearedAt) requests.push(request);
    },
    all: () => [...requests],
    count: (filter = () => true) => requests.filter(filter).length,
    clear: () => {
      requests = [];
      clearedAt = new Date();
    },
    byVerb() {
      const counts: Partial<Record<Verb, number>> = {};
      for (const { verb } of requests) counts[verb] = (counts[verb] ?? 0) + 1;
      return { ...counts };
    },
  };
}

/** A log entry for a request. */
export function toKubeRequest(
  { version: _, ...target }: ResourceTarget,
  status: number,
  user: string,
  at = new Date(),
): KubeRequest {
  return { at, ...target, status, user };
}
