import type { Distortion } from './to-page.ts';

/** How UCL can fail as a whole. */
export type Outage =
  /** Nobody listens. */
  | 'unreachable'
  /** What an outage of the backend looks like: refused, like a certificate that was revoked. */
  | 'refusing'
  | 'bad-gateway'
  | 'unavailable'
  | 'busy'
  | 'garbage'
  | 'truncated'
  /** Answers later than anybody waits. */
  | 'silent';

/** Which of UCL's two APIs an outage is of. */
export type OutageOf = 'both' | 'connector' | 'director';

/** What Connector can answer to a CSR in place of a certificate for its key. */
export type Rubbish =
  | 'text'
  /** A certificate of another key. */
  | 'other-key'
  /** The right key, for somebody else. */
  | 'other-subject'
  | 'expired';

/** What is wrong with UCL at present; each for some time. */
export interface UclFaults {
  outage: Outage | undefined;
  outageOf: OutageOf;
  /** What it tells those whom it sends away to wait; undefined: nothing. */
  retryAfterS: number | undefined;
  distortions: Set<Distortion>;
  rubbish: Rubbish | undefined;
  /** Added to each way, in milliseconds. */
  delayMs: number;
  /** Share of the answers that are lost after the effect. */
  lostAnswers: number;
}

export function noUclFaults(): UclFaults {
  return {
    outage: undefined,
    outageOf: 'both',
    retryAfterS: undefined,
    distortions: new Set(),
    rubbish: undefined,
    delayMs: 0,
    lostAnswers: 0,
  };
}
