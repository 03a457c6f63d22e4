/** Reads for which an attempt to find culprits is left out after one that found too many, at the most. */
const longestRest = 32;

/**
 * Where in the list of systems stand those that spoil a page, as the last read found them: they are asked for alone at
 * once, and the others in large pages. The list has a stable order; where it moved, they are looked for anew.
 */
export class SpoiltPlaces {
  #known: readonly number[] = [];
  #found: number[] = [];
  #vain = 0;
  #restingReads = 0;

  /** How many systems to ask for from `offset` on, at most `first`. */
  limit(offset: number, first: number): number {
    if (this.#known.includes(offset)) return 1;
    const next = Math.min(...this.#known.filter((place) => place > offset));
    return Math.min(first, next - offset);
  }

  /** Whether culprits are looked for in this read; where everything fails that costs much, and helps nobody. */
  get isWorthwhile(): boolean {
    return this.#restingReads === 0;
  }

  found(places: readonly number[]): void {
    this.#found.push(...places);
  }

  foundTooMany(): void {
    this.#vain += 1;
    this.#restingReads = Math.min(2 ** this.#vain, longestRest);
  }

  /** To be called before each read. Where the one before found some and did not come to its end, they count for this one. */
  begin(): void {
    if (this.#found.length > 0) this.#know();
    this.#found = [];
    this.#restingReads = Math.max(this.#restingReads - 1, 0);
  }

  /** To be called after each read that came to its end. */
  end(): void {
    this.#know();
    if (this.#restingReads === 0) this.#vain = 0;
  }

  #know(): void {
    this.#known = [...this.#found].sort((a, b) => a - b);
  }
}
