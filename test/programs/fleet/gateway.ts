/** How much one pod of UCL's gateway lets through (docs/contracts/compass.md#http-statuses): a burst, and so many more each 30 s. */
const podBurst = 3_000;
const podRefill = 300;
const refillMs = 30_000;

/** What came to the gateway in 30 s. */
export interface Load {
  calls: number;
  refused: number;
}

/** The limit that all runtimes share, in virtual time. It knows no runtime: who comes first is served. */
export class Gateway {
  readonly loads: Load[] = [];
  #pods: number;
  #tokens: number;
  #refilledAt = 0;

  constructor(pods: number) {
    this.#pods = pods;
    this.#tokens = pods * podBurst;
  }

  /** From now on there are so many pods; a new one comes with its whole burst. */
  scale(pods: number): void {
    this.#tokens =
      pods > this.#pods ? this.#tokens + (pods - this.#pods) * podBurst : (this.#tokens * pods) / this.#pods;
    this.#pods = pods;
  }

  /** Whether a call at this instant, in milliseconds, is let through. Instants never go back. */
  take(now: number): boolean {
    const refills = Math.floor((now - this.#refilledAt) / refillMs);
    this.#refilledAt += refills * refillMs;
    this.#tokens = Math.min(this.#tokens + refills * podRefill * this.#pods, podBurst * this.#pods);
    const load = this.#loadAt(now);
    load.calls += 1;
    if (this.#tokens < 1) {
      load.refused += 1;
      return false;
    }
    this.#tokens -= 1;
    return true;
  }

  #loadAt(now: number): Load {
    const index = Math.floor(now / refillMs);
    while (this.loads.length <= index) this.loads.push({ calls: 0, refused: 0 });
    const load = this.loads[index];
    if (load === undefined) throw new Error(`There is no load at ${now}.`);
    return load;
  }
}
