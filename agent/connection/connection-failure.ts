import { type AgentError, toAgentError } from '../errors/agent-error.ts';
import type { PairingConfigurationRead } from './ports.ts';

/** What is wrong with a certificate that Compass signed; the dates are its own. */
export type CertificateProblem =
  | { readonly kind: 'unreadable' | 'other-key' | 'other-subject' | 'no-authority' | 'foreign-chain' | 'broken-chain' }
  | { readonly kind: 'expired' | 'not-yet-valid'; readonly at: Date };

/** Why the connection cannot be made or kept, inside this room; `explainFailure` makes of it what people read. */
export type ConnectionFailure =
  /** A port failed, and has said why. */
  | { readonly kind: 'told'; readonly error: AgentError }
  | { readonly kind: 'configuration'; readonly read: Exclude<PairingConfigurationRead, { kind: 'present' }> }
  | { readonly kind: 'no-token' }
  /** `refused-before`, `used-here`: known from what is written down; `refused-every-time`: after the last try. */
  | { readonly kind: 'token-spent'; readonly how: 'refused-before' | 'used-here' | 'refused-every-time' }
  /** Refused or an outage; tried again after `leftMs`, which is at `nextTry`. */
  | { readonly kind: 'token-pending'; readonly nextTry: Date; readonly leftMs: number }
  | { readonly kind: 'certificate-unusable'; readonly problems: readonly CertificateProblem[] }
  /** Somebody else writes the memory of pairing at the same time. */
  | { readonly kind: 'contended' };

/** The failure that a port threw. An abort is no failure: it is thrown on. */
export function toTold(error: unknown, doing: string, signal: AbortSignal): ConnectionFailure {
  signal.throwIfAborted();
  return { kind: 'told', error: toAgentError(error, doing) };
}
