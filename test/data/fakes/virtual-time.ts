import type { Instant, Time } from '../../../agent/time/time.ts';

interface Sleeper {
  readonly until: Instant;
  readonly wake: () => void;
}

/** Time that passes when a test lets it: nothing waits for real, and everything that is due happens in order. */
export class VirtualTime implements Time {
  #instant: Instant = 0;
  #wallMs: number;
  readonly #sleepers = new Set<Sleeper>();

  constructor(start = new Date('2026-11-22T12:00:00Z')) {
    this.#wallMs = start.getTime();
  }

  now(): Date {
    return new Date(this.#wallMs + this.#instant);
  }

  instant(): Instant {
    return this.#instant;
  }

  sleepUntil(until: Instant, signal: AbortSignal): Promise<void> {
    if (until <= this.#instant || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        this.#sleepers.delete(sleeper);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper: Sleeper = { until, wake };
      this.#sleepers.add(sleeper);
      signal.addEventListener('abort', wake, { once: true });
    });
  }

  /** Lets time pass, waking who sleeps in the order of their instants. */
  async pass(ms: number): Promise<void> {
    const end = this.#instant + ms;
    for (;;) {
      await settle();
      const [next] = [...this.#sleepers].sort((a, b) => a.until - b.until);
      if (next === undefined || next.until > end) break;
      this.#instant = Math.max(this.#instant, next.until);
      next.wake();
    }
    this.#instant = end;
    await settle();
  }

  /** How long each pause that is under way still lasts, in milliseconds, the shortest first. */
  pausesMs(): number[] {
    return [...this.#sleepers].map(({ until }) => until - this.#instant).sort((a, b) => a - b);
  }

  /** Lets time pass until the promise is settled, and gives what it came to. */
  async passUntil<T>(promise: Promise<T>, stepMs = 100): Promise<T> {
    let isSettled = false;
    const settled = promise.finally(() => {
      isSettled = true;
    });
    // Told by the await below.
    settled.catch(() => undefined);
    while (!isSettled) await this.pass(stepMs);
    return settled;
  }

  /** Sets the wall clock forward, or back, while the monotonic one goes on as if nothing had happened. */
  jump(ms: number): void {
    this.#wallMs += ms;
  }
}

/** Everything that is ready to run has run then: promises are settled before the next macrotask. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
