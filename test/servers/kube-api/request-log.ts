import type { ResourceTarget, Verb } from './request-target.ts';

/** One request for resources that has been answered, or whose watch has begun. */
export interface KubeRequest extends Omit<ResourceTarget, 'version'> {
  at: Date;
  /** HTTP status; 0 where no answer was given. */
  status: number;
  user: string;
}

/** The requests that a server has seen since its start or the last `clear()`. Discovery and health are left out. */
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
  return {
    add: (request) => {
      requests.push(request);
    },
    all: () => [...requests],
    count: (filter = () => true) => requests.filter(filter).length,
    clear: () => {
      requests = [];
    },
    byVerb() {
      const counts: Partial<Record<Verb, number>> = {};
      for (const { verb } of requests) counts[verb] = (counts[verb] ?? 0) + 1;
      return { ...counts };
    },
  };
}

/** A log entry for a request. */
export function toKubeRequest({ version: _, ...target }: ResourceTarget, status: number, user: string): KubeRequest {
  return { at: new Date(), ...target, status, user };
}
