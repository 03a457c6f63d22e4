import type { AgentError } from '../errors/agent-error.ts';
import type { Instant } from '../time/time.ts';
import type { CaSecretMemory, ConnectionFacts, FailedRenewal, PutBack, UclLink } from './connection-facts.ts';
import { type DirectorAnswer, isFailing } from './director-answer.ts';
import type { CertificateFacts } from './inspect-credential.ts';
import type { PairingPause } from './pairing-pause.ts';
import type { UnwrittenEvent } from './pairing-state.ts';
import type { StoredPairing } from './ports.ts';
import type { TriedRenewal } from './tried-renewal.ts';

/** How the Director took the certificate, as far as its answers tell. */
export type Standing =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'accepted' }
  /** Revoked, deregistered, a wrong tenant, or an outage: the wire does not tell them apart. */
  | { readonly kind: 'refused'; readonly since: Date; readonly error: AgentError }
  /** The certificate belongs to another runtime. */
  | { readonly kind: 'mismatch'; readonly since: Date; readonly error: AgentError };

/** The Director does not take the certificate, or takes it for another's, so that a new token is needed. */
export function isRefused(standing: Standing): standing is Extract<Standing, { error: AgentError }> {
  return standing.kind === 'refused' || standing.kind === 'mismatch';
}

/** All that the connection room remembers from one run to the next. */
export interface ConnectionMemory {
  /** The last link; its credential is put back when somebody deletes the client Secret. */
  readonly link: UclLink | undefined;
  /** The stored certificate as it was last seen, also while there is no link. */
  readonly certificate: CertificateFacts | undefined;
  /** As last read or written. Others may have written since, so it is read afresh before anything is done with it. */
  readonly pairing: StoredPairing | undefined;
  readonly pause: PairingPause | undefined;
  /** What a token came to and could not be written down: lost, it would cost the token. */
  readonly unwritten: UnwrittenEvent | undefined;
  readonly failedRenewal: FailedRenewal | undefined;
  /** Renewals that were tried, also by a life before: whatever asks for them, UCL is not asked for more in an hour. */
  readonly renewals: readonly TriedRenewal[];
  readonly caSecret: CaSecretMemory;
  readonly putBack: PutBack | undefined;
  readonly distrustedTokenHash: string | undefined;
  readonly addressesAskedAt: Instant | undefined;
  readonly standing: Standing;
  /** The Director refused the last call, or did not answer it: it may have moved. */
  readonly isDirectorFailing: boolean;
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
  unwritten: undefined,
  failedRenewal: undefined,
  renewals: [],
  caSecret: { kind: 'unknown' },
  putBack: undefined,
  distrustedTokenHash: undefined,
  addressesAskedAt: undefined,
  standing: { kind: 'unknown' },
  isDirectorFailing: false,
};

/** The memory after a run. Pure. */
export function rememberConnection(memory: ConnectionMemory, facts: ConnectionFacts): ConnectionMemory {
  const { certificate, pause, unwritten, failedRenewal, renewals, caSecret, putBack, addressesAskedAt, proof } = facts;
  // Each of the others means a certificate, an identity or an address that has just proven itself.
  const isProven = facts.events.some((event) => event !== 'restored');
  const remembered: ConnectionMemory = {
    link: facts.link ?? (facts.keepsFormerLink ? memory.link : undefined),
    certificate,
    pairing: facts.pairing ?? memory.pairing,
    pause,
    unwritten,
    failedRenewal,
    renewals,
    caSecret,
    putBack,
    distrustedTokenHash: facts.link === undefined ? facts.distrustedTokenHash : undefined,
    addressesAskedAt,
    standing: isProven ? { kind: 'unknown' } : memory.standing,
    isDirectorFailing: isProven ? false : memory.isDirectorFailing,
  };
  return proof === undefined || isProven ? remembered : rememberAnswer(remembered, proof.answer, proof.at);
}

/** Remembers how the Director took the certificate, and since when: after a refusal a new token is used. Pure. */
export function rememberAnswer(memory: ConnectionMemory, answer: DirectorAnswer, at: Date): ConnectionMemory {
  const standing = toStanding(memory.standing, answer, at);
  return { ...memory, standing, isDirectorFailing: isFailing(answer) ?? memory.isDirectorFailing };
}

function toStanding(before: Standing, answer: DirectorAnswer, at: Date): Standing {
  switch (answer.kind) {
    case 'accepted':
    case 'unfit':
      return { kind: 'accepted' };
    case 'refused':
      return { kind: 'refused', since: before.kind === 'refused' ? before.since : at, error: answer.error };
    case 'mismatch':
      return { kind: 'mismatch', since: before.kind === 'mismatch' ? before.since : at, error: answer.error };
    case 'none':
    case 'other':
      return before;
  }
}
