import { CompassError, hasStatus } from './compass-error.ts';

const minimum = 10;
/** Complete reads after which a smaller page is tried at twice its size. */
const patience = 3;

/**
 * How many items to ask for at once. Shrinks when an answer of that size does not come through, and is remembered; grows
 * back after complete reads.
 */
export class PageSize {
  readonly #maximum: number;
  #current: number;
  #goodReads = 0;

  constructor(maximum: number) {
    this.#maximum = maximum;
    this.#current = maximum;
  }

  get current(): number {
    return this.#current;
  }

  /** What the next life should begin with; undefined: the whole size. */
  get remembered(): number | undefined {
    return this.#current < this.#maximum ? this.#current : undefined;
  }

  /** Begins with what a former life found out. */
  recall(size: number | undefined): void {
    if (size !== undefined) this.#current = Math.min(this.#maximum, Math.max(minimum, size));
  }

  /** Halves the size; false when it is as small as it gets. */
  shrink(): boolean {
    if (this.#current <= minimum) return false;
    this.#current = Math.max(minimum, Math.floor(this.#current / 2));
    this.#goodReads = 0;
    return true;
  }

  /** To be called after each whole read that went well. */
  grow(): void {
    if (this.#current >= this.#maximum) return;
    this.#goodReads += 1;
    if (this.#goodReads < patience) return;
    this.#current = Math.min(this.#maximum, this.#current * 2);
    this.#goodReads = 0;
  }
}

/** Whether the answer is larger than the agent takes. */
export function isTooLarge(error: unknown): boolean {
  return isTransport(error, 'too-large');
}

/** Whether the answer began and was cut off, by its size or by the time limit: a smaller page is the remedy. */
export function isCutOff(error: unknown): boolean {
  return hasStatus(error, 413) || isTooLarge(error) || isTransport(error, 'truncated', 'stalled');
}

/**
 * Whether not one byte came within the time limit, on a connection that was not to blame. Director computes a page before
 * its first byte, so the page may be too large; or Director is dead. A 5xx or 429 says nothing of the page: Compass's own
 * come after 100 s, and a proxy's hold for pages of any size.
 */
export function isSilent(error: unknown): boolean {
  return isTransport(error, 'timeout');
}

type Cause = Extract<CompassError['facts'], { kind: 'transport' }>['cause'];

function isTransport(error: unknown, ...causes: readonly Cause[]): boolean {
  return error instanceof CompassError && error.facts.kind === 'transport' && causes.includes(error.facts.cause);
}
