import type { ObjectMeta } from '../domain/resources.ts';

/** Port of the leadership room. */

/** The Lease as it is stored. */
export interface Lease {
  /** As it was read; an update repeats it. `resourceVersion` is another after each write. */
  readonly metadata: ObjectMeta;
  /** Who leads; empty: nobody. */
  readonly holder: string;
  /** How long the holder leads after each renewal; undefined where it is not told. */
  readonly durationMs: number | undefined;
  /** How often the holder changed. */
  readonly transitions: number;
  /** When the holder began, in the words of the API server; for people. */
  readonly acquireTime: string | undefined;
}

/** What is written into the Lease. The dates are for people: nobody compares them with anything. */
export interface Claim {
  readonly holder: string;
  readonly durationMs: number;
  readonly transitions: number;
  /** A date where it begins now, or the text that stood there. */
  readonly acquireTime: Date | string;
  readonly renewTime: Date;
}

/**
 * Port: the one Lease. Throws AgentError: `LeaderElectionOff` where it is not to be had (no permission, no namespace);
 * whatever else, the API server may do another time.
 */
export interface LeaseStore {
  /** undefined: there is none. */
  read(signal: AbortSignal): Promise<Lease | undefined>;
  /** Throws `AlreadyExists`. */
  create(claim: Claim, signal: AbortSignal): Promise<Lease>;
  /** Writes over the version that was read and no other. Throws `Conflict`, `NotFound`. */
  update(before: Lease, claim: Claim, signal: AbortSignal): Promise<Lease>;
}
