import { calledOff, type Instant, type Time } from '../time/time.ts';

/**
 * Why the agent runs. `drift`, `configuration` and `connection` mean "something changed in the cluster, look whether it
 * concerns us", and `look` that something told has passed meanwhile; the others ask for a sync. `clock`: the wall clock was set.
 * `follow-up`: UCL is read sooner than the schedule says, since something changed. `probe`: UCL is asked for the names of the
 * systems, and read where they differ from what is known.
 */
export type Trigger =
  | 'start'
  | 'schedule'
  | 'retry'
  | 'follow-up'
  | 'probe'
  | 'clock'
  | 'look'
  | 'configuration'
  | 'connection'
  | 'drift';

/** What comes from outside of the loop: a change in the cluster, or a tick of a schedule, which has its phase yet to come. */
export type Signal = Exclude<Trigger, OwnTrigger> | Tick;

/** Of the schedule of syncs, or of probes. */
export type Tick = 'tick' | 'probe-tick';

/** Why the agent runs by itself. */
export type OwnTrigger = 'schedule' | 'retry' | 'follow-up' | 'probe' | 'look';

/** What changed in the cluster by somebody else's doing. */
export type ClusterChange = 'configuration' | 'connection' | 'managed-objects';

const fromChange = {
  configuration: 'configuration',
  connection: 'connection',
  'managed-objects': 'drift',
} as const satisfies Record<ClusterChange, Signal>;

export function toSignal(change: ClusterChange): Signal {
  return fromChange[change];
}

/**
 * The one queue through which everything goes that makes the agent run: it holds each kind once, with the instant at
 * which it came first, so bursts coalesce; and it has one reader, so that two runs never overlap.
 */
export class SignalQueue {
  readonly #time: Time;
  readonly #pending = new Map<Signal, Instant>();
  #wake: () => void = () => undefined;

  constructor(time: Time) {
    this.#time = time;
  }

  add(signal: Signal): void {
    if (!this.#pending.has(signal)) this.#pending.set(signal, this.#time.instant());
    this.#wake();
  }

  /** What waits at present, without taking it. */
  pending(): ReadonlyMap<Signal, Instant> {
    return new Map(this.#pending);
  }

  take(signals: readonly Signal[]): void {
    for (const signal of signals) this.#pending.delete(signal);
  }

  /** Ends when a signal is added, at `instant`, or when `stop` aborts. */
  async wait(instant: Instant, stop: AbortSignal): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => woken.abort(calledOff);
    await this.#time.sleepUntil(instant, AbortSignal.any([stop, woken.signal]));
    this.#wake = () => undefined;
  }
}
