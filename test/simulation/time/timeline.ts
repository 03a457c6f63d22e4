/** Something that happens at an instant, unless it is called off before. */
export interface Entry {
  readonly at: number;
  readonly order: number;
  act: (() => void) | undefined;
}

/**
 * The one queue of all that happens, in virtual time: nothing waits for real. Instants are milliseconds since the
 * beginning of the history; what is due at the same one happens in the order in which it was asked for.
 */
export class Timeline {
  now = 0;
  /** How many things have happened. */
  count = 0;
  #order = 0;
  readonly #heap: Entry[] = [];

  at(instant: number, act: () => void): Entry {
    this.#order += 1;
    // Whole milliseconds: whoever waits for a fraction must not be woken just before it.
    const entry: Entry = { at: Math.max(Math.ceil(instant), this.now), order: this.#order, act };
    this.#heap.push(entry);
    this.#rise(this.#heap.length - 1);
    return entry;
  }

  after(ms: number, act: () => void): Entry {
    return this.at(this.now + ms, act);
  }

  /** Lets everything happen up to `end`, and what each thing sets off right after it. */
  runUntil(end: number, goesOn: () => boolean = () => true): Promise<void> {
    return new Promise((resolve) => {
      let isOver = false;
      const step = () => {
        if (isOver) return;
        const next = this.#heap[0];
        if (next === undefined || next.at > end || !goesOn()) {
          isOver = true;
          if (goesOn()) this.now = Math.max(this.now, end);
          resolve();
          return;
        }
        this.#takeFirst();
        if (next.act === undefined) return;
        this.now = next.at;
        this.count += 1;
        next.act();
      };
      runSettled(step, () => !isOver);
    });
  }

  #takeFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink(0);
  }

  #rise(from: number): void {
    for (let index = from; index > 0; ) {
      const parent = (index - 1) >> 1;
      if (!this.#swapIfBefore(index, parent)) return;
      index = parent;
    }
  }

  #sink(from: number): void {
    for (let index = from; ; ) {
      const left = 2 * index + 1;
      const child = isBefore(this.#heap[left + 1], this.#heap[left]) ? left + 1 : left;
      if (!this.#swapIfBefore(child, index)) return;
      index = child;
    }
  }

  /** Swaps the two where the one at `lower` is due first. */
  #swapIfBefore(lower: number, upper: number): boolean {
    const [one, other] = [this.#heap[lower], this.#heap[upper]];
    if (one === undefined || other === undefined || !isBefore(one, other)) return false;
    this.#heap[upper] = one;
    this.#heap[lower] = other;
    return true;
  }
}

function isBefore(one: Entry | undefined, other: Entry | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}

const largestBatch = 64;

/**
 * Calls `step` again and again, each time when all promises that can be settled are settled: Node does that between two
 * immediates, and a batch of them costs one turn of its loop. Batches grow, since many runs are over after a few steps.
 */
function runSettled(step: () => void, goesOn: () => boolean, batch = 2): void {
  for (let index = 0; index < batch; index += 1) setImmediate(step);
  setImmediate(() => {
    if (goesOn()) runSettled(step, goesOn, Math.min(2 * batch, largestBatch));
  });
}
