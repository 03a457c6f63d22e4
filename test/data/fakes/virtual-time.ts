import type { Instant, Time } from '../../../agent/time/time.ts';

interface Pause {
  readonly until: Instant;
  readonly end: () => void;
}

/** Time that stands still until a test moves it on. */
export class VirtualTime implements Time {
  readonly #startedAt: Date;
  readonly #pauses = new Set<Pause>();
  #elapsedMs = 0;
  #jumpedMs = 0;

  constructor(startedAt = new Date('2030-01-01T00:00:00Z')) {
    this.#startedAt = startedAt;
  }

  now(): Date {
    return new Date(this.#startedAt.getTime() + this.#elapsedMs + this.#jumpedMs);
  }

  instant(): Instant {
    return this.#elapsedMs;
  }

  async sleepUntil(until: Instant, signal: AbortSignal): Promise<void> {
    if (signal.aborted || until <= this.#elapsedMs) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = () => resolve();
    const pause: Pause = { until, end };
    this.#pauses.add(pause);
    signal.addEventListener('abort', end, { once: true });
    await promise;
    signal.removeEventListener('abort', end);
    this.#pauses.delete(pause);
  }

  /** Sets the wall clock forward or back, as an administrator would; the monotonic clock does not notice. */
  jump(ms: number): void {
    this.#jumpedMs += ms;
  }

  /** How long each pause that is under way still lasts, in milliseconds, the shortest first. */
  pausesMs(): number[] {
    return [...this.#pauses].map(({ until }) => until - this.#elapsedMs).sort((left, right) => left - right);
  }

  /** Moves on, and ends every pause that is over by then; what follows one is done before the next ends. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsedMs + ms;
    for (;;) {
      await settle();
      const [next] = [...this.#pauses].sort((left, right) => left.until - right.until);
      if (next === undefined || next.until > end) break;
      this.#elapsedMs = Math.max(this.#elapsedMs, next.until);
      next.end();
    }
    this.#elapsedMs = end;
  }
}

/** Lets everything run that waits for nothing but promises. */
async function settle(): Promise<void> {
  await new Promise(setImmediate);
}
