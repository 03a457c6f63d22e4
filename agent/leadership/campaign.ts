import { AgentError, isAgentError, toAgentError } from '../errors/agent-error.ts';
import type { Logger } from '../log/logger.ts';
import { calledOff, type Instant, type Random, type Time } from '../time/time.ts';
import {
  type Candidate,
  decideClaim,
  hold,
  type LeaseTimings,
  type Sighting,
  see,
  toClaim,
  toRelease,
} from './decide-claim.ts';
import type { LeadershipGate } from './gate.ts';
import type { Lease, LeaseStore } from './ports.ts';

export interface CampaignParts {
  readonly store: LeaseStore;
  readonly gate: LeadershipGate;
  readonly candidate: Candidate;
  readonly timings: LeaseTimings;
  readonly time: Time;
  readonly random: Random;
  readonly log: Logger;
}

/** From when on this process leads. */
export interface Term {
  /** Aborts when it no longer does. */
  readonly lost: AbortSignal;
  /** It led before, and nobody else has since. */
  readonly isContinued: boolean;
}

/** What one try came to. */
type Try =
  /** The Lease is ours; `since` is before the write was sent. */
  | { readonly is: 'held'; readonly since: Instant; readonly isContinued: boolean }
  | { readonly is: 'taken'; readonly holder: string; readonly until: Instant }
  /** Nobody lets us have it, so that there is no election. */
  | { readonly is: 'barred'; readonly error: AgentError }
  | { readonly is: 'failed'; readonly error: AgentError };

/** Between two looks whether there is an election by now. */
const barredPauseMs = { first: 10_000, most: 60_000 };
/** Waiting candidates that look at the same instants would all take at the same instant. */
const jitter = 0.2;
const releaseMs = 2_000;
const releaseTries = 2;

/** One process in the election: it waits until it leads, leads until it no longer does, and waits again. */
export class Campaign {
  readonly #parts: CampaignParts;
  #sighting: Sighting | undefined;
  #barredSince: Instant | undefined;
  /** Why there is no election. */
  #off: AgentError | undefined;
  #told = '';
  /** The Lease was claimed from another one, or from nobody, and no term has begun since. */
  #isClaimed = false;

  constructor(parts: CampaignParts) {
    this.#parts = parts;
  }

  /** For the status: why there is no election, as a sentence; empty where there is one. */
  limitations(): readonly string[] {
    return this.#off === undefined ? [] : [toLimitation(this.#off)];
  }

  /**
   * Runs `lead` whenever this process comes to lead, and waits for its end before it tries again. Ends when `stop`
   * aborts, and gives the Lease back once `lead` has ended: it sees to that itself, and may finish what it does.
   */
  async run(lead: (term: Term) => Promise<void>, stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      const term = await this.#win(stop);
      if (term === undefined) return;
      const done = new AbortController();
      const keeping = this.#keep(term.lost, done.signal);
      try {
        await lead(term);
      } finally {
        done.abort();
        await keeping;
        const isOurs = !term.lost.aborted && this.#off === undefined;
        this.#parts.gate.close();
        if (isOurs) await this.#release();
      }
    }
  }

  /** Waits for the Lease. undefined: stopped before. */
  async #win(stop: AbortSignal): Promise<Term | undefined> {
    const { gate, time, timings, random } = this.#parts;
    this.#barredSince = undefined;
    while (!stop.aborted) {
      const found = await this.#try(stop);
      if (stop.aborted) return undefined;
      const until = found.is === 'held' ? found.since + timings.renewDeadlineMs : Number.POSITIVE_INFINITY;
      if (found.is === 'held' && time.instant() < until) {
        this.#tell('leads', 'info', 'Leading: this agent holds the Lease', {});
        const isContinued = found.isContinued && !this.#isClaimed;
        this.#isClaimed = false;
        return { lost: gate.open(until), isContinued };
      }
      if (found.is === 'barred' && this.#isOff()) {
        this.#tellOff(found.error);
        return { lost: gate.open(Number.POSITIVE_INFINITY), isContinued: false };
      }
      const pauseMs = timings.retryMs * (1 - jitter * random());
      const nextAt = time.instant() + pauseMs;
      if (found.is === 'taken') {
        this.#tell(found.holder, 'info', 'Standing by: another agent leads', { holder: found.holder });
      } else if (found.is !== 'held') this.#tellFailure(found.error);
      await time.sleepUntil(found.is === 'taken' ? Math.min(nextAt, found.until) : nextAt, stop);
    }
    return undefined;
  }

  /**
   * An API server that starts refuses for a moment what it permits. Whoever has seen the Lease knows of the election, and
   * believes the refusal only once nobody's Lease can be valid any more.
   */
  #isOff(): boolean {
    const { time, timings } = this.#parts;
    this.#barredSince ??= time.instant();
    return this.#sighting === undefined || time.instant() - this.#barredSince >= timings.durationMs;
  }

  /** Renews until the term is lost or done. Where there was no election, it looks whether there is one by now. */
  async #keep(lost: AbortSignal, done: AbortSignal): Promise<void> {
    const { gate, time, timings } = this.#parts;
    const end = AbortSignal.any([lost, done]);
    for (let barredMs = barredPauseMs.first; !end.aborted; ) {
      const pauseMs = this.#off === undefined ? timings.retryMs : barredMs;
      await time.sleepUntil(time.instant() + pauseMs, end);
      if (end.aborted) break;
      const found = await this.#try(end);
      if (end.aborted) break;
      switch (found.is) {
        case 'held':
          this.#off = undefined;
          gate.keepOpen(found.since + timings.renewDeadlineMs);
          this.#tell('leads', 'info', 'Leading: this agent holds the Lease', {});
          break;
        case 'taken':
          this.#off = undefined;
          gate.close();
          break;
        default:
          if (this.#off === undefined) this.#tellFailure(found.error);
          barredMs = Math.min(barredMs * 2, barredPauseMs.most);
      }
    }
    if (!lost.aborted) return;
    const { log } = this.#parts;
    log.warn('This agent no longer leads: it could not renew the Lease, or another has taken it. It stands by', {
      reason: 'LeadershipLost',
    });
    this.#told = '';
  }

  /** One try to have the Lease, or to keep it. Never throws; what an abort of `signal` ended counts as failed. */
  async #try(signal: AbortSignal): Promise<Try> {
    const { time, timings } = this.#parts;
    try {
      // So that a try that gets no answer leaves time for another one.
      const found = await within(timings.renewDeadlineMs / 2, time, signal, (limited) => this.#claim(limited));
      this.#barredSince = undefined;
      return found;
    } catch (error: unknown) {
      const failure = toAgentError(error, 'Asking for the Lease');
      return { is: isAgentError(failure, 'LeaderElectionOff') ? 'barred' : 'failed', error: failure };
    }
  }

  async #claim(signal: AbortSignal): Promise<Try> {
    const { store, candidate, time, timings } = this.#parts;
    const { lease: known, isInterrupted } = this.#sighting ?? {};
    if (known?.holder === candidate.identity && isInterrupted === false) {
      try {
        return await this.#write(known, true, signal);
      } catch (error: unknown) {
        // Somebody else has written, and maybe taken it: what stands there now decides.
        if (!isAgentError(error, 'Conflict', 'NotFound')) throw error;
      }
    }
    const lease = await store.read(signal);
    this.#sighting = see(this.#sighting, lease, candidate, time.instant());
    const decision = decideClaim(this.#sighting, candidate, time.instant(), timings);
    if (decision.do === 'wait') return { is: 'taken', holder: decision.holder, until: decision.until };
    const before = decision.do === 'create' ? undefined : decision.before;
    return this.#write(before, decision.do === 'renew', signal);
  }

  async #write(before: Lease | undefined, isContinued: boolean, signal: AbortSignal): Promise<Try> {
    const { store, candidate, time, timings } = this.#parts;
    const since = time.instant();
    // Its answer may come too late to lead by it, or never.
    if (!isContinued) this.#isClaimed = true;
    const claim = toClaim(before, candidate.identity, time.now(), timings.durationMs);
    const lease = await (before === undefined ? store.create(claim, signal) : store.update(before, claim, signal));
    this.#sighting = hold(lease, time.instant());
    return { is: 'held', since, isContinued };
  }

  /** Lets the next one lead at once. Where it fails, the Lease runs out by itself. */
  async #release(): Promise<void> {
    const { time, log } = this.#parts;
    try {
      await within(releaseMs, time, new AbortController().signal, (limited) => this.#giveBack(limited));
    } catch (error: unknown) {
      const { message } = toAgentError(error, 'Giving the Lease back');
      log.warn(`The Lease could not be given back, and runs out by itself: ${message}`);
    }
    this.#sighting = undefined;
  }

  async #giveBack(signal: AbortSignal): Promise<void> {
    const { store, candidate, time, log } = this.#parts;
    let lease = this.#sighting?.lease;
    for (let tries = 1; lease?.holder === candidate.identity; tries += 1) {
      try {
        await store.update(lease, toRelease(lease, time.now()), signal);
        log.info('The Lease is given back');
        return;
      } catch (error: unknown) {
        if (!isAgentError(error, 'Conflict') || tries === releaseTries) throw error;
      }
      // A renewal that was cut off may have arrived.
      lease = await store.read(signal);
    }
  }

  #tellOff(error: AgentError): void {
    this.#off = error;
    const { reason } = error;
    this.#tell('off', 'warn', toLimitation(error), { reason });
  }

  #tellFailure({ message, reason }: AgentError): void {
    this.#tell(reason, 'warn', `The Lease is not available at present: ${message}`, { reason });
  }

  /** A state is told once, however long it lasts. */
  #tell(state: string, level: 'info' | 'warn', message: string, fields: Readonly<Record<string, string>>): void {
    if (this.#told === state) return;
    this.#told = state;
    this.#parts.log[level](message, { ...fields, identity: this.#parts.candidate.identity });
  }
}

function toLimitation({ message }: AgentError): string {
  return `${message}, so there is no leader election: run one replica, with the strategy Recreate.`;
}

/** Does something that ends with `signal`, and after a time by itself. Throws `ClusterUnreachable` then. */
async function within<T>(
  limitMs: number,
  time: Time,
  signal: AbortSignal,
  act: (limited: AbortSignal) => Promise<T>,
): Promise<T> {
  const limited = new AbortController();
  const finished = new AbortController();
  const abort = () => limited.abort(signal.reason);
  const noAnswer = new AgentError('ClusterUnreachable', 'The API server did not answer in time', { next: 'retry' });
  signal.addEventListener('abort', abort, { once: true });
  void time.sleepUntil(time.instant() + limitMs, finished.signal).then(() => limited.abort(noAnswer));
  try {
    signal.throwIfAborted();
    return await act(limited.signal);
  } finally {
    finished.abort(calledOff);
    signal.removeEventListener('abort', abort);
  }
}
