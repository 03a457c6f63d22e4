import type { AgentError } from '../errors/agent-error.ts';
import type { Logger } from '../log/logger.ts';
import type { CaSecretMemory, ConnectionFacts, LinkEvent, UclLink } from './connection-facts.ts';
import type { ConnectionFailure } from './connection-failure.ts';
import type { ConnectionMemory } from './connection-memory.ts';
import { explainFailure } from './explain-failure.ts';
import type { MadeLink } from './pair-with-token.ts';

/**
 * What people ask of the certificate, not answered yet: the token of the request, or true for the older field of the spec,
 * which has none.
 */
export type RenewalRequest = string | true;

/** What a run has found out and done so far; each step of it gives the next. */
export interface ConnectionDraft
  extends Pick<
    ConnectionMemory,
    | 'certificate'
    | 'pairing'
    | 'pause'
    | 'unwritten'
    | 'failedRenewal'
    | 'renewals'
    | 'caSecret'
    | 'putBack'
    | 'distrustedTokenHash'
    | 'addressesAskedAt'
  > {
  readonly renewalRequest: RenewalRequest | undefined;
  readonly keepsFormerLink: boolean;
  readonly isFirstPairing: boolean;
  /** Only what was read or written in this run may be acted on. */
  readonly isPairingFresh: boolean;
  readonly isRenewalTried: boolean;
  readonly events: readonly LinkEvent[];
  readonly maintenance: readonly AgentError[];
  readonly proof: ConnectionFacts['proof'];
}

export interface Linked {
  readonly draft: ConnectionDraft;
  readonly link: UclLink;
}

export interface Unlinked {
  readonly draft: ConnectionDraft;
  readonly link: undefined;
  readonly failure: ConnectionFailure;
}

export function beginDraft(memory: ConnectionMemory, renewalRequest: RenewalRequest | undefined): ConnectionDraft {
  const { link: _link, standing: _standing, isDirectorFailing: _isDirectorFailing, ...remembered } = memory;
  const nothingDone = { events: [], maintenance: [], isRenewalTried: false, isFirstPairing: false, proof: undefined };
  return { ...remembered, ...nothingDone, renewalRequest, keepsFormerLink: true, isPairingFresh: false };
}

/** The request that a certificate which is made in this run answers, where it can be told from others. */
export function toNamedRequest({ renewalRequest }: Pick<ConnectionDraft, 'renewalRequest'>): string | undefined {
  return renewalRequest === true ? undefined : renewalRequest;
}

/** What the link outlives is said and tried again with the next run; it must not hold up the syncs. */
export function noteMaintenance(draft: ConnectionDraft, failure: ConnectionFailure, log: Logger): ConnectionDraft {
  const error = explainFailure(failure);
  logFailure(error, log);
  return { ...draft, maintenance: [...draft.maintenance, error] };
}

export function logFailure({ reason, message, remedy }: AgentError, log: Logger): void {
  log.warn(message, { reason, remedy });
}

/** Goes on with a credential that was made in this run. */
export function adopt(
  draft: ConnectionDraft,
  { link, caCertificatePem }: MadeLink,
  event: 'paired' | 'renewed',
): Linked {
  const { certificate } = link;
  const events = [...draft.events, event];
  const caSecret = toCaSecret(draft.caSecret, caCertificatePem);
  return { draft: { ...draft, certificate, caSecret, events, failedRenewal: undefined }, link };
}

/** What is there stays where what came is of no use. */
function toCaSecret(before: CaSecretMemory, caCertificatePem: string | undefined): CaSecretMemory {
  if (caCertificatePem !== undefined) return { kind: 'to-store', caCertificatePem, isRejected: false };
  return before.kind === 'unknown'
    ? { kind: 'settled', caCertificatePem: undefined, isRejected: true }
    : { ...before, isRejected: true };
}
