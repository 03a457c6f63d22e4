/**
 * Why the loop runs. `drift`, `configuration` and `connection` mean "something changed in the cluster, look whether it
 * concerns us"; the others ask for a sync.
 */
export type Trigger = 'start' | 'schedule' | 'retry' | 'configuration' | 'connection' | 'drift';

/**
 * The one queue through which all triggers go: it holds each kind once, so bursts coalesce, and one reader takes all
 * that came together, so that two runs never overlap.
 */
export class TriggerQueue {
  readonly #pending = new Set<Trigger>();
  #wake: () => void = () => undefined;

  add(trigger: Trigger): void {
    this.#pending.add(trigger);
    this.#wake();
  }

  /** What waits at present, without taking it. */
  pending(): ReadonlySet<Trigger> {
    return this.#pending;
  }

  /** Takes those that `isDue` lets through. */
  take(isDue: (trigger: Trigger) => boolean): Trigger[] {
    const due = [...this.#pending].filter(isDue);
    for (const trigger of due) this.#pending.delete(trigger);
    return due;
  }

  /** Ends when a trigger is added, after `timeoutMs`, or when `signal` aborts. */
  wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        this.#wake = () => undefined;
        resolve();
      };
      const timer = setTimeout(end, Math.min(timeoutMs, 2 ** 31 - 1));
      signal.addEventListener('abort', end, { once: true });
      this.#wake = end;
      if (signal.aborted) end();
    });
  }
}
