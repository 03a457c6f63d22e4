import type { AgentError } from '../errors/agent-error.ts';
import type { Instant } from '../time/time.ts';
import type { DirectorAnswer } from './director-answer.ts';
import type { CertificateFacts } from './inspect-credential.ts';
import type { PairingPause } from './pairing-pause.ts';
import type { UnwrittenEvent } from './pairing-state.ts';
import type { StoredPairing } from './ports.ts';
import type { TriedRenewal } from './tried-renewal.ts';
import type { UclAccess } from './ucl-access.ts';

/** A connection with UCL that is as good as it can be made now. */
export interface UclLink extends UclAccess {
  readonly certificate: CertificateFacts;
}

/** What was done besides keeping the link. */
export type LinkEvent =
  | 'paired'
  | 'renewed'
  | 'rebuilt'
  | 'identity-changed'
  | 'taken-over'
  /** Another pair that somebody stored has proven itself. */
  | 'replaced'
  /** The stored pair was deleted or spoilt, and put back from memory. */
  | 'restored'
  /** The known Connector names other addresses, and the certificate serves there. */
  | 'moved';

/**
 * What is known of the CA Secret. It is looked at with every run; what is to be stored is tried until it is. `isRejected`:
 * the last that came was of no use.
 */
export type CaSecretMemory =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'to-store'; readonly caCertificatePem: string; readonly isRejected: boolean }
  /** `caCertificatePem`: what this life has stored. */
  | { readonly kind: 'settled'; readonly caCertificatePem: string | undefined; readonly isRejected: boolean };

/** What was found in place of the proven pair, and when it was last overwritten with that. */
export interface PutBack {
  /** sha256, hex. */
  readonly found: string;
  readonly at: Instant;
}

export interface FailedRenewal {
  /** What is told until one goes well; undefined: a person asked for it, and it is not due. */
  readonly error: AgentError | undefined;
  /** Of the certificate that was to be renewed: of another it says nothing. */
  readonly fingerprint: string;
  /** No renewal by itself before. */
  readonly notBefore: Instant;
}

/** What one run found out about the connection, and what it did. */
export type ConnectionFacts = CommonFacts &
  (
    | { readonly link: UclLink; readonly error: undefined }
    /** Why there is no link; whatever was stored before is still there. */
    | { readonly link: undefined; readonly error: AgentError }
  );

interface CommonFacts {
  /** The stored certificate as it was last seen, also while there is no link. */
  readonly certificate: CertificateFacts | undefined;
  /** Failures that the link outlives, in the order of their coming: a renewal, the CA Secret, a pairing with a fallback. */
  readonly maintenance: readonly AgentError[];
  /** In the order of their coming. */
  readonly events: readonly LinkEvent[];
  /** Paired in this run, and nothing tells of a certificate before. */
  readonly isFirstPairing: boolean;
  /** False: what was linked before serves no more, so that nothing is put back from memory. */
  readonly keepsFormerLink: boolean;
  /** The memory of pairing as last read or written; undefined: it could not be read. */
  readonly pairing: StoredPairing | undefined;
  /** Until when the token is left alone. */
  readonly pause: PairingPause | undefined;
  readonly unwritten: UnwrittenEvent | undefined;
  /** The last renewal that failed; undefined: none has since the last that went well. */
  readonly failedRenewal: FailedRenewal | undefined;
  readonly renewals: readonly TriedRenewal[];
  /** One was tried in this run. */
  readonly isRenewalTried: boolean;
  readonly caSecret: CaSecretMemory;
  readonly putBack: PutBack | undefined;
  /** The token that was there when addresses were first found not to be trusted (sha256); undefined: they were not. */
  readonly distrustedTokenHash: string | undefined;
  /** When the known Connector was last asked for the addresses. */
  readonly addressesAskedAt: Instant | undefined;
  /** How the Director took the stored certificate in a call that was made for that. */
  readonly proof: { readonly answer: DirectorAnswer; readonly at: Date } | undefined;
}
