/**
 * Chance that a seed decides: the same seed and name give the same numbers for ever (xorshift128 by Marsaglia). Each
 * part of the world draws from a stream of its own, so that a step less in a history moves as little as possible.
 */
export class Chance {
  readonly #state: Uint32Array;

  constructor(seed: number, name: string) {
    this.#state = new Uint32Array([0x9e3779b9, 0x243f6a88, 0xb7e15162, 0x2545f491].map((one) => (one ^ seed) >>> 0));
    let digest = 0x811c9dc5;
    for (const character of `${seed}/${name}`) digest = Math.imul(digest ^ (character.codePointAt(0) ?? 0), 0x01000193);
    this.#state[3] = digest === 0 ? 1 : digest;
    // Seeds that lie side by side begin alike.
    for (let rounds = 0; rounds < 16; rounds += 1) this.next();
  }

  /** From 0 up to but not including 1. */
  next(): number {
    const state = this.#state;
    const first = state[0] ?? 0;
    const last = state[3] ?? 0;
    const mixed = first ^ (first << 11);
    state.copyWithin(0, 1);
    state[3] = last ^ (last >>> 19) ^ mixed ^ (mixed >>> 8);
    return (state[3] ?? 0) / 2 ** 32;
  }

  /** A whole number, both ends included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  happens(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of them; throws for none. */
  pick<T>(list: readonly T[]): T {
    const picked = list[this.between(0, list.length - 1)];
    if (picked === undefined) throw new Error('There is nothing to pick from.');
    return picked;
  }

  /** One of them, each as often as its weight says. */
  weigh<T>(choices: readonly (readonly [weight: number, choice: T])[]): T {
    let left = this.next() * choices.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, choice] of choices) {
      left -= weight;
      if (left < 0) return choice;
    }
    const last = choices.at(-1);
    if (last === undefined) throw new Error('There is nothing to weigh.');
    return last[1];
  }
}
