import type { ClientCredential, ConnectorConfiguration, UclAddresses, UclIdentity } from './ucl-access.ts';

/** What the agent remembers of the certificate that it has; rebuilds the CompassConnection when that is lost. */
export interface PresentCertificate {
  readonly identity: UclIdentity;
  readonly addresses: UclAddresses;
  /** sha256 (hex) of the token that paired it; undefined: taken over from another installation. */
  readonly usedTokenHash: string | undefined;
}

/** Tries with a token so far that may have reached Compass. */
export interface Tries {
  readonly count: number;
  /** No try before; wall time, since it must outlive a restart. Undefined: nothing was refused yet. */
  readonly notBefore: Date | undefined;
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
export type VerifiedCertificate = Omit<ClientCredential, 'privateKeyPem'> & { readonly caCertificatePem: string };

/**
 * The agent's memory of pairing, in the Secret `ucl-agent-pairing`. Everything is written down before the step that
 * could lose it.
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
  | { readonly at: 'refused'; readonly present: PresentCertificate | undefined; readonly refusedTokenHash: string };

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
  /** The new certificate is stored and stands for this identity from now on. */
  | { readonly kind: 'stored'; readonly identity: UclIdentity }
  /** The token is burnt for certain, or what it gave is useless. */
  | { readonly kind: 'burnt' }
  /**
   * An empty 400, which may be an outage, after which the token still works (docs/contracts/compass.md#look-before-use): a few tries at
   * growing distances, then it counts as refused.
   */
  | { readonly kind: 'unanswered'; readonly at: Date; readonly retryDelaysMs: readonly number[] }
  /** The present certificate is known to serve this identity at these addresses. */
  | { readonly kind: 'serves'; readonly identity: UclIdentity; readonly addresses: UclAddresses };

/** The state after an event; an event that makes no sense in a state leaves it as it is. Pure. */
export function step(state: PairingState, event: PairingEvent): PairingState {
  switch (event.kind) {
    case 'begun': {
      const { tokenHash, privateKeyPem } = event;
      return { at: 'keyed', present: state.present, tokenHash, privateKeyPem, tries: undefined };
    }
    case 'claimed':
      if (state.at !== 'keyed' || state.tries !== undefined) return state;
      return { ...state, tries: { count: 0, notBefore: undefined } };
    case 'configured':
      return state.at === 'keyed' ? { ...state, at: 'configured', followUp: event.followUp } : state;
    case 'signed':
      return state.at === 'configured' ? { ...state, at: 'signed', signed: event.signed } : state;
    case 'stored':
      return state.at === 'signed' ? toPaired(state, event.identity) : state;
    case 'burnt':
      return state.at === 'keyed' || state.at === 'configured' || state.at === 'signed' ? toRefused(state) : state;
    case 'unanswered':
      return state.at === 'keyed' || state.at === 'configured' ? afterTry(state, event) : state;
    case 'serves':
      return withPresent(state, event);
  }
}

type Asking = Extract<PairingState, { at: 'keyed' | 'configured' }>;

function toPaired(
  { tokenHash, followUp }: Extract<PairingState, { at: 'signed' }>,
  identity: UclIdentity,
): PairingState {
  const { directorUrl, securedConnectorUrl } = followUp;
  return {
    at: 'paired',
    present: { identity, addresses: { directorUrl, securedConnectorUrl }, usedTokenHash: tokenHash },
  };
}

function toRefused({ present, tokenHash }: Attempt): PairingState {
  return { at: 'refused', present, refusedTokenHash: tokenHash };
}

function afterTry(state: Asking, { at, retryDelaysMs }: Extract<PairingEvent, { kind: 'unanswered' }>): PairingState {
  const count = (state.tries?.count ?? 0) + 1;
  const delayMs = retryDelaysMs[count - 1];
  if (delayMs === undefined) return toRefused(state);
  return { ...state, tries: { count, notBefore: new Date(at.getTime() + delayMs) } };
}

function withPresent(
  state: PairingState,
  { identity, addresses }: Extract<PairingEvent, { kind: 'serves' }>,
): PairingState {
  const present = { identity, addresses, usedTokenHash: state.present?.usedTokenHash };
  return state.at === 'unpaired' ? { at: 'paired', present } : { ...state, present };
}
