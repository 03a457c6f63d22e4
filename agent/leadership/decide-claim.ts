import type { Instant } from '../time/time.ts';
import type { Claim, Lease } from './ports.ts';

/** The times of an election, in milliseconds. Each is shorter than the one before. */
export interface LeaseTimings {
  /** How long others leave a Lease alone that is not renewed. */
  readonly durationMs: number;
  /** After so long without a renewal the leader stops by itself. */
  readonly renewDeadlineMs: number;
  /** From one try to the next. */
  readonly retryMs: number;
}

/** Those of client-go (k8s.io/client-go, tools/leaderelection), and so of every controller of Kubernetes. */
export const defaultLeaseTimings: LeaseTimings = { durationMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };

/** One process that may lead. */
export interface Candidate {
  /** Of this life of the process and of no other. */
  readonly identity: string;
  /** The pod, as Kubernetes told it; undefined where nobody knows whether another process has the same name. */
  readonly podName: string | undefined;
}

/** A name for this life of a process; {@link decideClaim} finds the pod in it again. */
export function toCandidate(podName: string | undefined, host: string, unique: string): Candidate {
  return { identity: `${podName ?? host}_${unique}`, podName };
}

/** What was last seen of the Lease, by the own clock. */
export interface Sighting {
  /** undefined: there was none. */
  readonly lease: Lease | undefined;
  /** When this version was seen first. The clock of whoever wrote it may say anything. */
  readonly at: Instant;
  /** It is what this process has found there when it started. */
  readonly isFirst: boolean;
  /**
   * Since this process last held it, another one did. What stands there now may come from a backup or be deleted, while
   * that other one still leads until its own next look.
   */
  readonly isInterrupted: boolean;
}

/** A further look: the same version as before stands since it was first seen. Pure. */
export function see(
  before: Sighting | undefined,
  lease: Lease | undefined,
  { identity }: Candidate,
  now: Instant,
): Sighting {
  const isOthers = lease !== undefined && lease.holder !== '' && lease.holder !== identity;
  if (before === undefined) return { lease, at: now, isFirst: true, isInterrupted: isOthers };
  if (lease?.metadata.resourceVersion === before.lease?.metadata.resourceVersion) return before;
  // A backup is older: more transitions than the other one had are an own claim whose answer was lost.
  const isClaim = lease?.holder === identity && lease.transitions > (before.lease?.transitions ?? Infinity);
  return { lease, at: now, isFirst: false, isInterrupted: isOthers || (before.isInterrupted && !isClaim) };
}

/** What the process itself has just written to lead. Pure. */
export function hold(lease: Lease, now: Instant): Sighting {
  return { lease, at: now, isFirst: false, isInterrupted: false };
}

export type Decision =
  | { readonly do: 'create' }
  /** `renew`: it is this candidate's already, so that nobody else has led since it was. */
  | { readonly do: 'take' | 'renew'; readonly before: Lease }
  /** Somebody else may lead, until then at least; `holder` is empty where the Lease is gone. */
  | { readonly do: 'wait'; readonly holder: string; readonly until: Instant };

/** What a candidate may do with the Lease that it has seen. Pure. */
export function decideClaim(
  { lease, at, isFirst, isInterrupted }: Sighting,
  { identity, podName }: Candidate,
  now: Instant,
  { durationMs }: LeaseTimings,
): Decision {
  const until = at + (lease?.durationMs ?? durationMs);
  if (lease === undefined) return isInterrupted && now < until ? { do: 'wait', holder: '', until } : { do: 'create' };
  const { holder } = lease;
  if (holder === identity && !isInterrupted) return { do: 'renew', before: lease };
  if (holder === '') return { do: 'take', before: lease };
  // Kubernetes starts a container again when the one before has ended.
  if (isFirst && podName !== undefined && toPodName(holder) === podName) return { do: 'take', before: lease };
  return now >= until ? { do: 'take', before: lease } : { do: 'wait', holder, until };
}

function toPodName(identity: string): string {
  return identity.slice(0, Math.max(0, identity.lastIndexOf('_')));
}

/** What is written to lead from now on, or to go on leading. Pure. */
export function toClaim(before: Lease | undefined, identity: string, now: Date, durationMs: number): Claim {
  const isOurs = before?.holder === identity;
  return {
    holder: identity,
    durationMs,
    transitions: (before?.transitions ?? 0) + (before === undefined || isOurs ? 0 : 1),
    acquireTime: (isOurs ? before.acquireTime : undefined) ?? now,
    renewTime: now,
  };
}

/** What is written to give the Lease back: nobody holds it, as client-go writes that. Pure. */
export function toRelease({ transitions }: Lease, now: Date): Claim {
  return { holder: '', durationMs: 1_000, transitions, acquireTime: now, renewTime: now };
}
