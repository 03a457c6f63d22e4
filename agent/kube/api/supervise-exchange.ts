import { calledOff, type Instant, type Time } from '../../time/time.ts';

/** Why an exchange was given up: no answer in time, or a stream that fell silent. */
export class GivenUpError extends Error {
  readonly why: 'timeout' | 'silence';
  /** As Node's system errors have it. */
  readonly code = 'ETIMEDOUT';

  constructor(why: 'timeout' | 'silence') {
    super(`given up: ${why}`);
    this.name = 'GivenUpError';
    this.why = why;
  }
}

export interface Supervision {
  /** For the exchange. Aborts with the caller's signal, and with a {@link GivenUpError} when a time is over. */
  readonly signal: AbortSignal;
  /** Gives up when nothing is heard for so long, from now on. It replaces what was expected before. */
  expect(limitMs: number, why: GivenUpError['why']): void;
  heard(): void;
  /** Ends the exchange, whether it was read to its end or not. */
  end(): void;
}

/** Limits how long an exchange may take or be silent, on the given clock. */
export function superviseExchange(time: Time, signal: AbortSignal): Supervision {
  const exchange = new AbortController();
  const abort = () => exchange.abort(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  let heardAt: Instant = 0;
  let expectations = 0;

  const waitForSilence = async (limitMs: number, why: GivenUpError['why'], expectation: number): Promise<void> => {
    const isOver = () => expectation !== expectations || exchange.signal.aborted;
    // One pause for many chunks: what was heard meanwhile only makes the next pause necessary.
    while (time.instant() < heardAt + limitMs && !isOver()) await time.sleepUntil(heardAt + limitMs, exchange.signal);
    if (!isOver()) exchange.abort(new GivenUpError(why));
  };

  return {
    signal: exchange.signal,
    expect(limitMs, why) {
      expectations += 1;
      heardAt = time.instant();
      void waitForSilence(limitMs, why, expectations);
    },
    heard() {
      heardAt = time.instant();
    },
    end() {
      signal.removeEventListener('abort', abort);
      exchange.abort(calledOff);
    },
  };
}
