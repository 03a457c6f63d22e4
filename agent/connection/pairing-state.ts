import { isDeepStrictEqual } from 'node:util';
import type { ClientCredential, ConnectorConfiguration, UclAddresses, UclIdentity } from './ucl-access.ts';

/** What the agent remembers of the certificate that it has: whom it stands for, and where it may be sent. */
export interface PresentCertificate {
  readonly identity: UclIdentity;
  /** The only ones that the certificate is sent to; the CompassConnection shows them. */
  readonly addresses: UclAddresses;
  /** sha256 (hex) of the token that paired it; undefined: taken over from another installation. */
  readonly usedTokenHash: string | undefined;
  /**
   * Of the certificates that the addresses belong to; in a renewal of the former and of the new one. Empty: written by
   * version 0.1.0, which knew none.
   */
  readonly fingerprints: readonly string[];
  readonly madeFor?: MadeFor;
}

/**
 * The request that a certificate was made for, written down before it is stored: a process that dies before it can answer
 * the request leaves it open. The certificate is named, so that no other one, and none of a backup, passes for it.
 */
export interface MadeFor {
  /** As the annotation has it, bounded in length. */
  readonly request: string;
  readonly fingerprint: string;
}

/** Tries with a token so far that may have reached Compass. */
export interface Tries {
  readonly count: number;
  /** No try before; wall time, since it must outlive a restart. Undefined: nothing was refused yet. */
  readonly notBefore: Date | undefined;
  /** A try got no answer, or one of somebody in between: the token is probably spent. */
  readonly isAnswerLost: boolean;
}

/** Why a token is of no use any more, as it was told at first. */
export interface Refusal {
  readonly reason: 'TokenRefused' | 'CertificateRejected' | 'InvalidAnswer';
  readonly message: string;
}

/** A pairing that is under way. The present certificate works on meanwhile, so it stays remembered. */
interface Attempt {
  readonly present: PresentCertificate | undefined;
  /** sha256 (hex) of the token that the attempt began with. */
  readonly tokenHash: string;
  /** PKCS#1 PEM of the key made for it. */
  readonly privateKeyPem: string;
  /** Undefined: the Secret was not yet written for the use of the token. */
  readonly tries: Tries | undefined;
}

/** A certificate that Compass signed and that was verified. */
export type VerifiedCertificate = Omit<ClientCredential, 'privateKeyPem'> & {
  /** What the gateway may accept clients by; undefined: what came as that has nothing to do with the certificate. */
  readonly caCertificatePem: string | undefined;
};

/**
 * The agent's memory of pairing, in the Secret `ucl-agent-pairing`. Everything is written down before the step that
 * could lose it, and nothing of an attempt stays when it has ended.
 */
export type PairingState =
  /** Nothing was ever paired. */
  | { readonly at: 'unpaired'; readonly present: undefined }
  /** There is a key; the token may have been used, but no answer to it is known. */
  | ({ readonly at: 'keyed' } & Attempt)
  /** The answer to the token is kept, before the CSR goes out. */
  | ({ readonly at: 'configured'; readonly followUp: ConnectorConfiguration } & Attempt)
  /** A signed and verified certificate waits to be proven or stored. */
  | ({
      readonly at: 'signed';
      readonly followUp: ConnectorConfiguration;
      readonly signed: VerifiedCertificate;
    } & Attempt)
  /** No attempt is under way. */
  | { readonly at: 'paired'; readonly present: PresentCertificate }
  /** The last token is known to be useless. */
  | {
      readonly at: 'refused';
      readonly present: PresentCertificate | undefined;
      readonly refusedTokenHash: string;
      /** Undefined: refused as often as it was tried, or no longer needed. */
      readonly refusal: Refusal | undefined;
    };

/** What happened to a pairing that was in this state, and could not be written down. */
export interface UnwrittenEvent {
  readonly from: PairingState;
  readonly event: PairingEvent;
}

/** What happened in a pairing, or to the present certificate. */
export type PairingEvent =
  /** An attempt with another token began with a key of its own. */
  | { readonly kind: 'begun'; readonly tokenHash: string; readonly privateKeyPem: string }
  /** The Secret can be written: the token may be used. */
  | { readonly kind: 'claimed' }
  /** Connector answered the token. */
  | { readonly kind: 'configured'; readonly followUp: ConnectorConfiguration }
  /** Connector signed, and what it signed is good. */
  | { readonly kind: 'signed'; readonly signed: VerifiedCertificate }
  /** The Director was not where Connector had said, and the new certificate serves at these addresses. */
  | { readonly kind: 'located'; readonly addresses: UclAddresses }
  /** The new certificate is stored and stands for this identity from now on. */
  | {
      readonly kind: 'stored';
      readonly identity: UclIdentity;
      readonly fingerprint: string;
      /** The request that it answers. */
      readonly request?: string | undefined;
    }
  /** The token is burnt for certain, or what it gave is useless. */
  | { readonly kind: 'burnt'; readonly refusal: Refusal }
  /**
   * An empty 400, which may be an outage, after which the token still works (docs/contracts/compass.md#look-before-use): a few tries at
   * growing distances, then it counts as refused.
   */
  | { readonly kind: 'unanswered'; readonly at: Date; readonly retryDelaysMs: readonly number[] }
  /** A token was sent, and nothing tells what became of it. */
  | { readonly kind: 'lost' }
  /** The attempt is not gone on with: its token is no longer there, or the present certificate is accepted. */
  | {
      readonly kind: 'abandoned';
      /** The token got an answer that could not be written down. */
      readonly isSpent: boolean;
    }
  /** The present certificate is known to serve this identity at these addresses; a renewed one will. */
  | {
      readonly kind: 'serves';
      readonly identity: UclIdentity;
      readonly addresses: UclAddresses;
      readonly fingerprints: readonly string[];
      readonly certificatePem: string;
      /** The request for which the last of the certificates was made. */
      readonly request?: string | undefined;
    };

/** The state after an event; an event that makes no sense in a state leaves it as it is. Pure. */
export function step(state: PairingState, event: PairingEvent): PairingState {
  switch (event.kind) {
    case 'begun': {
      const { tokenHash, privateKeyPem } = event;
      return { at: 'keyed', present: state.present, tokenHash, privateKeyPem, tries: undefined };
    }
    case 'claimed':
      if (state.at !== 'keyed' || state.tries !== undefined) return state;
      return { ...state, tries: { count: 0, notBefore: undefined, isAnswerLost: false } };
    case 'configured':
      return state.at === 'keyed' ? { ...state, at: 'configured', followUp: event.followUp } : state;
    case 'signed':
      return state.at === 'configured' ? { ...state, at: 'signed', signed: event.signed } : state;
    case 'located':
      return state.at === 'signed' ? { ...state, followUp: { ...state.followUp, ...event.addresses } } : state;
    case 'stored':
      return state.at === 'signed' ? toPaired(state, event) : state;
    case 'burnt':
      return isAttempt(state) ? toRefused(state, event.refusal) : state;
    case 'unanswered':
      return state.at === 'keyed' || state.at === 'configured' ? afterTry(state, event) : state;
    case 'lost':
      return state.at === 'keyed' || state.at === 'configured' ? afterLoss(state) : state;
    case 'abandoned':
      return isAttempt(state) ? withoutAttempt(state, event.isSpent) : state;
    case 'serves':
      return withPresent(state, event);
  }
}

/** Whether this certificate was made for this request, and only the answer to it may be missing. Pure. */
export function isMadeFor({ present }: PairingState, fingerprint: string, request: string): boolean {
  return present?.madeFor?.fingerprint === fingerprint && present.madeFor.request === request;
}

/** Whether a pairing is under way, with keys and tokens of its own. */
export function isAttempt(state: PairingState): state is Extract<PairingState, Attempt> {
  return state.at === 'keyed' || state.at === 'configured' || state.at === 'signed';
}

/**
 * Whether a pairing stands where it stood. What is noted of the present certificate while an attempt is under way changes
 * nothing of the attempt. Pure.
 */
export function isAtSameStage(left: PairingState, right: PairingState): boolean {
  return isDeepStrictEqual(toStage(left), toStage(right));
}

function toStage(state: PairingState): PairingState {
  return isAttempt(state) ? { ...state, present: undefined } : state;
}

type Asking = Extract<PairingState, { at: 'keyed' | 'configured' }>;

function toPaired(
  { tokenHash, followUp }: Extract<PairingState, { at: 'signed' }>,
  { identity, fingerprint, request }: Extract<PairingEvent, { kind: 'stored' }>,
): PairingState {
  const { directorUrl, securedConnectorUrl } = followUp;
  const addresses = { directorUrl, securedConnectorUrl };
  const fingerprints = [fingerprint];
  const madeFor = toMadeFor(fingerprints, request, undefined);
  return { at: 'paired', present: { identity, addresses, usedTokenHash: tokenHash, fingerprints, ...madeFor } };
}

function toRefused({ present, tokenHash }: Attempt, refusal: Refusal | undefined): PairingState {
  return { at: 'refused', present, refusedTokenHash: tokenHash, refusal };
}

function afterTry(state: Asking, { at, retryDelaysMs }: Extract<PairingEvent, { kind: 'unanswered' }>): PairingState {
  const { count: before = 0, isAnswerLost = false } = state.tries ?? {};
  const delayMs = retryDelaysMs[before];
  if (delayMs === undefined) return toRefused(state, undefined);
  return { ...state, tries: { count: before + 1, notBefore: new Date(at.getTime() + delayMs), isAnswerLost } };
}

function afterLoss(state: Asking): PairingState {
  const { count = 0, notBefore } = state.tries ?? {};
  return { ...state, tries: { count, notBefore, isAnswerLost: true } };
}

/** A token that got its answer is spent; one that did not may be of use another time. */
function withoutAttempt(state: Extract<PairingState, Attempt>, isSpent: boolean): PairingState {
  if (state.at !== 'keyed' || isSpent) return toRefused(state, undefined);
  const { present } = state;
  return present === undefined ? { at: 'unpaired', present } : { at: 'paired', present };
}

function withPresent(
  state: PairingState,
  { identity, addresses, fingerprints, certificatePem, request }: Extract<PairingEvent, { kind: 'serves' }>,
): PairingState {
  const madeFor = toMadeFor(fingerprints, request, state.present?.madeFor);
  const serving = { identity, addresses, fingerprints, ...madeFor };
  if (state.at === 'signed' && state.signed.certificatePem === certificatePem) {
    // The attempt has come to its end, and only that was not written down.
    return { at: 'paired', present: { ...serving, usedTokenHash: state.tokenHash } };
  }
  const present = { ...serving, usedTokenHash: state.present?.usedTokenHash };
  return state.at === 'unpaired' ? { at: 'paired', present } : { ...state, present };
}

/** What was known before of one of the certificates stays: a new one may not be stored yet. */
function toMadeFor(
  fingerprints: readonly string[],
  request: string | undefined,
  before: MadeFor | undefined,
): Pick<PresentCertificate, 'madeFor'> {
  const fingerprint = fingerprints.at(-1);
  if (request !== undefined && fingerprint !== undefined) return { madeFor: { request, fingerprint } };
  return before !== undefined && fingerprints.includes(before.fingerprint) ? { madeFor: before } : {};
}
