import { CompassError, hasStatus } from './compass-error.ts';

const MINIMUM = 10;
const MAX_PATIENCE = 32;

/**
 * How many items to ask for at once. Shrinks when Compass cannot deliver a page, and is remembered; grows back after
 * whole reads went well, the more of them the more often it had to shrink again.
 */
export class PageSize {
  readonly #maximum: number;
  #current: number;
  #patience = 1;
  #goodReads = 0;

  constructor(maximum: number) {
    this.#maximum = maximum;
    this.#current = maximum;
  }

  get current(): number {
    return this.#current;
  }

  /** Halves the size; false when it is as small as it gets. */
  shrink(): boolean {
    if (this.#current <= MINIMUM) return false;
    this.#current = Math.max(MINIMUM, Math.floor(this.#current / 2));
    this.#goodReads = 0;
    return true;
  }

  /** To be called after each whole read that went well. */
  grow(): void {
    if (this.#current >= this.#maximum) return;
    this.#goodReads += 1;
    if (this.#goodReads < this.#patience) return;
    this.#current = Math.min(this.#maximum, this.#current * 2);
    this.#goodReads = 0;
    this.#patience = Math.min(this.#patience * 2, MAX_PATIENCE);
  }
}

const CAUSES = new Set(['timeout', 'truncated', 'too-large']);

/** Whether a smaller page may fare better: the size of the answer, or the time to make it, can be the cause. */
export function isWorthSmallerPage(error: unknown): boolean {
  if (hasStatus(error, 408, 413, 503, 504)) return true;
  return error instanceof CompassError && error.facts.kind === 'transport' && CAUSES.has(error.facts.cause);
}
