import { type AgentError, isAgentError } from '../errors/agent-error.ts';
import type { Instant } from '../time/time.ts';
import type { CaSecretMemory, ConnectionFacts, UclLink } from './connection-facts.ts';
import type { CertificateFacts } from './inspect-credential.ts';
import type { PairingPause } from './pairing-pause.ts';
import type { StoredPairing } from './ports.ts';

/** How the Director took the certificate, as far as its answers tell. */
export type Standing =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'accepted' }
  /** Revoked, deregistered, a wrong tenant, or an outage: the wire does not tell them apart. */
  | { readonly kind: 'refused'; readonly since: Date; readonly error: AgentError }
  /** The certificate belongs to another runtime. */
  | { readonly kind: 'mismatch'; readonly since: Date };

/** All that the connection room remembers from one run to the next. */
export interface ConnectionMemory {
  /** The last link; its credential is put back when somebody deletes the client Secret. */
  readonly link: UclLink | undefined;
  /** The stored certificate as it was last seen, also while there is no link. */
  readonly certificate: CertificateFacts | undefined;
  /** As last read or written. Others may have written since, so it is read afresh before anything is done with it. */
  readonly pairing: StoredPairing | undefined;
  readonly pause: PairingPause | undefined;
  readonly renewNotBefore: Instant | undefined;
  /** Renewals that were tried within the last hour: whatever asks for them, UCL is not asked for more. */
  readonly renewals: readonly Instant[];
  readonly caSecret: CaSecretMemory;
  readonly standing: Standing;
}

/**
 * What an agent knows that has just started or come to lead: nothing. Whatever must outlive it stands in the Secrets,
 * which the first run reads.
 */
export const initialConnectionMemory: ConnectionMemory = {
  link: undefined,
  certificate: undefined,
  pairing: undefined,
  pause: undefined,
  renewNotBefore: undefined,
  renewals: [],
  caSecret: { kind: 'unknown' },
  standing: { kind: 'unknown' },
};

/** The memory after a run. Pure. */
export function rememberConnection(memory: ConnectionMemory, facts: ConnectionFacts): ConnectionMemory {
  const { certificate, pause, renewNotBefore, renewals, caSecret } = facts;
  // Each of the others means a certificate, or an identity, that the Director has not refused.
  const isOther = facts.events.some((event) => event !== 'taken-over');
  return {
    link: facts.link ?? (facts.keepsFormerLink ? memory.link : undefined),
    certificate,
    pairing: facts.pairing ?? memory.pairing,
    pause,
    renewNotBefore,
    renewals,
    caSecret,
    standing: isOther ? { kind: 'unknown' } : memory.standing,
  };
}

/** What an answer of the Director says about the certificate. */
export type DirectorAnswer =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly error: AgentError }
  | { readonly kind: 'mismatch' }
  /** Nothing: there was no answer, or it came from something in between. */
  | { readonly kind: 'other' };

/** @param error What a call to the Director threw; undefined: nothing. */
export function toDirectorAnswer(error: AgentError | undefined): DirectorAnswer {
  if (error === undefined) return { kind: 'accepted' };
  if (isAgentError(error, 'CompassRefused')) return { kind: 'refused', error };
  if (isAgentError(error, 'RuntimeMismatch')) return { kind: 'mismatch' };
  // Whoever was let in far enough to get these is not refused.
  if (isAgentError(error, 'InvalidAnswer', 'LandscapeMoving')) return { kind: 'accepted' };
  return { kind: 'other' };
}

/** Remembers how the Director took the certificate, and since when: after a refusal a new token is used. Pure. */
export function rememberAnswer(memory: ConnectionMemory, answer: DirectorAnswer, at: Date): ConnectionMemory {
  return { ...memory, standing: toStanding(memory.standing, answer, at) };
}

function toStanding(before: Standing, answer: DirectorAnswer, at: Date): Standing {
  switch (answer.kind) {
    case 'accepted':
      return { kind: 'accepted' };
    case 'refused':
      return { kind: 'refused', since: before.kind === 'refused' ? before.since : at, error: answer.error };
    case 'mismatch':
      return { kind: 'mismatch', since: before.kind === 'mismatch' ? before.since : at };
    case 'other':
      return before;
  }
}

/** Whether the Director takes the certificate for nobody's, or for somebody else's, so that a new token is needed. */
export function isTurnedAway({ kind }: Standing): boolean {
  return kind === 'refused' || kind === 'mismatch';
}
