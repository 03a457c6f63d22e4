import type { Instant, Time } from '../../../agent/time/time.ts';
import { inProcess, type Life, listen } from '../agent/life.ts';
import type { Timeline } from './timeline.ts';

const start = Date.UTC(2026, 10, 22, 12);

/** A wall clock over the timeline, which people can set. */
export class Clock {
  readonly #timeline: Timeline;
  offsetMs = 0;

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  nowMs(): number {
    return start + this.#timeline.now + this.offsetMs;
  }
}

/** The clocks of one life of a process. Once it is dead nothing that slept in it wakes. */
export function createLifeTime(timeline: Timeline, clock: Clock, life: Life): Time {
  const bornAt = timeline.now;
  const toInstant = (): Instant => timeline.now - bornAt;
  return {
    now: () => new Date(clock.nowMs()),
    instant: toInstant,
    sleepUntil(instant, signal) {
      if (life.isDead) return new Promise(() => undefined);
      if (instant <= toInstant() || signal.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const wake = () => {
          if (entry !== undefined) entry.act = undefined;
          unlisten();
          resolve();
        };
        const entry = Number.isFinite(instant) ? timeline.at(bornAt + instant, () => inProcess(life, wake)) : undefined;
        const unlisten = listen(life, signal, wake);
      });
    },
  };
}
