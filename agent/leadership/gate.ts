import { AgentError } from '../errors/agent-error.ts';
import type { Instant, Time } from '../time/time.ts';

/** Port of whoever stands before the ways out: what does not pass has no effect in the world. */
export interface Gate {
  /** Gives the signal that aborts when the gate closes. Throws AgentError `LeadershipLost` where it is closed. */
  enter(): AbortSignal;
}

/**
 * The gate that every write to Kubernetes and every call to UCL passes. It is open until an instant of the monotonic
 * clock, and each passage looks at the clock itself: a process that was stopped, and goes on, finds it closed, whether its
 * timers have run already or not.
 */
export class LeadershipGate implements Gate {
  readonly #time: Pick<Time, 'instant' | 'sleepUntil'>;
  #until: Instant = Number.NEGATIVE_INFINITY;
  #open: AbortController | undefined;

  constructor(time: Pick<Time, 'instant' | 'sleepUntil'>) {
    this.#time = time;
  }

  enter(): AbortSignal {
    const open = this.#open;
    if (open === undefined) throw lost();
    if (this.#time.instant() >= this.#until) this.close();
    open.signal.throwIfAborted();
    return open.signal;
  }

  /** Opens it until then; `Infinity`: until it is closed. Gives the signal that aborts when it closes. */
  open(until: Instant): AbortSignal {
    this.close();
    this.#open = new AbortController();
    const { signal } = this.#open;
    this.#until = Number.POSITIVE_INFINITY;
    this.keepOpen(until);
    return signal;
  }

  /** Moves the instant at which it closes. One that is closed stays so. */
  keepOpen(until: Instant): void {
    const hadEnd = Number.isFinite(this.#until);
    this.#until = until;
    if (this.#open !== undefined && !hadEnd && Number.isFinite(until)) void this.#closeInTime(this.#open);
  }

  close(): void {
    const open = this.#open;
    this.#open = undefined;
    open?.abort(lost());
  }

  async #closeInTime(open: AbortController): Promise<void> {
    while (!open.signal.aborted && this.#time.instant() < this.#until) {
      await this.#time.sleepUntil(this.#until, open.signal);
    }
    if (!open.signal.aborted) this.close();
  }
}

function lost(): AgentError {
  return new AgentError('LeadershipLost', 'The agent no longer holds its Lease, so that another one may lead', {
    next: 'retry',
  });
}
