import { Gateway } from './gateway.ts';

/** A system that comes into the formation of a runtime, and its credentials some time after it. */
interface Arrival {
  readonly visibleAt: number;
  readonly credentialsAt: number;
  /** What the agent has read of it. */
  read: 'nothing' | 'system' | 'credentials';
}

export type Answer =
  | { readonly kind: 'read'; readonly hasChanged: boolean }
  | { readonly kind: 'refused'; readonly status: 429 | 502; readonly retryAfterMs: number | undefined };

/** As much of UCL as decides when a fleet asks it: a shared limit, outages, and systems that come. Times in milliseconds. */
export class LightUcl {
  readonly gateway: Gateway;
  /** Sent with each 429. */
  retryAfterMs: number | undefined;
  isDown = false;
  /** From a system's coming until its Application has credentials. */
  readonly waitsMs: number[] = [];
  readonly #arrivals = new Map<number, Arrival[]>();

  constructor(pods: number) {
    this.gateway = new Gateway(pods);
  }

  arrive(agent: number, visibleAt: number, credentialsAt: number): void {
    const known = this.#arrivals.get(agent) ?? [];
    this.#arrivals.set(agent, [...known, { visibleAt, credentialsAt, read: 'nothing' }]);
  }

  /** A whole read that takes so many calls; the first that is refused ends it. */
  read(agent: number, calls: number, now: number): Answer {
    for (let call = 0; call < calls; call += 1) {
      if (!this.gateway.take(now)) return { kind: 'refused', status: 429, retryAfterMs: this.retryAfterMs };
      if (this.isDown) return { kind: 'refused', status: 502, retryAfterMs: undefined };
    }
    const waiting = this.#arrivals.get(agent) ?? [];
    const changed = waiting.filter((arrival) => this.#show(arrival, now));
    if (changed.length > 0) {
      this.#arrivals.set(
        agent,
        waiting.filter(({ read }) => read !== 'credentials'),
      );
    }
    return { kind: 'read', hasChanged: changed.length > 0 };
  }

  #show(arrival: Arrival, now: number): boolean {
    const read = now >= arrival.credentialsAt ? 'credentials' : now >= arrival.visibleAt ? 'system' : 'nothing';
    if (read === arrival.read) return false;
    arrival.read = read;
    if (read === 'credentials') this.waitsMs.push(now - arrival.visibleAt);
    return true;
  }
}
