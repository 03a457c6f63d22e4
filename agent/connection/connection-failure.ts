import { type AgentError, toAgentError } from '../errors/agent-error.ts';
import type { Refusal } from './pairing-state.ts';
import type { PairingConfigurationRead } from './ports.ts';

/** What is wrong with a certificate that Compass signed; the dates are its own. */
export type CertificateProblem =
  | { readonly kind: 'unreadable' | 'other-key' | 'other-subject' }
  | { readonly kind: 'expired' | 'not-yet-valid'; readonly at: Date };

/** A key of the configuration Secret that says whom a certificate stands for. */
export type IdentityKey = 'TENANT' | 'RUNTIME_ID' | 'CONNECTOR_URL';

/** Why the connection cannot be made or kept, inside this room; `explainFailure` makes of it what people read. */
export type ConnectionFailure =
  /** A port failed, and has said why. */
  | { readonly kind: 'told'; readonly error: AgentError }
  | { readonly kind: 'configuration'; readonly read: Exclude<PairingConfigurationRead, { kind: 'present' }> }
  | { readonly kind: 'no-token' }
  /** `used-here`: known from what is written down; `refused-every-time`: after the last try. */
  | { readonly kind: 'token-spent'; readonly how: 'used-here' | 'refused-every-time' }
  /** Known from what is written down, with the reason that was told at first. */
  | { readonly kind: 'token-spent'; readonly how: 'refused-before'; readonly refusal: Refusal | undefined }
  /** Refused or an outage; tried again after `leftMs`, which is at `nextTry`. */
  | { readonly kind: 'token-pending'; readonly nextTry: Date; readonly leftMs: number; readonly isAnswerLost: boolean }
  /** Connector or the gateway in front of it is not there, so the token was not used. */
  | { readonly kind: 'nobody-there'; readonly error: AgentError }
  /** The token was sent, and its answer is lost. */
  | { readonly kind: 'answer-lost'; readonly error: AgentError }
  | { readonly kind: 'certificate-unusable'; readonly problems: readonly CertificateProblem[] }
  /** Connector asks for a subject that no request can be made of. */
  | { readonly kind: 'subject-unreadable' }
  /**
   * The Director does not take the certificate for whom it should stand. `changed`: what of that the configuration Secret
   * says otherwise than before. `isNew`: the certificate was just signed, and waits to be proven.
   */
  | {
      readonly kind: 'unproven';
      readonly error: AgentError;
      readonly changed: readonly IdentityKey[];
      readonly isNew: boolean;
    }
  /** The certificate goes to no address that only the CompassConnection names; `tokenHash`: of the token at that time. */
  | { readonly kind: 'address-not-trusted'; readonly host: string; readonly tokenHash: string }
  /** What came as the certificate of the authority ends no path from the client certificate. */
  | { readonly kind: 'ca-rejected' }
  /** The CA Secret is gone, and nothing is known to put there. */
  | { readonly kind: 'ca-missing' }
  /** A person asked for a renewal, and as many were tried within the hour as may be; `possibleAt`: from when on one may be. */
  | { readonly kind: 'renewed-too-often'; readonly possibleAt: Date }
  /** Somebody spoilt the client Secret again after it was put back. */
  | { readonly kind: 'overwritten' }
  /** Somebody else writes the memory of pairing at the same time. */
  | { readonly kind: 'contended' };

/** The failure that a port threw. An abort is no failure: it is thrown on. */
export function toTold(error: unknown, doing: string, signal: AbortSignal): ConnectionFailure {
  signal.throwIfAborted();
  return { kind: 'told', error: toAgentError(error, doing) };
}
