import { hash } from 'node:crypto';
import type { ConnectionFailure } from './connection-failure.ts';
import type { PairingState } from './pairing-state.ts';

export type PairingStep =
  /** Make a key and write it down, before the token is used. */
  | { readonly do: 'begin' }
  /** Look whether somebody is there, and write, which proves that the answer to the token can be kept. */
  | { readonly do: 'claim' }
  /** Look whether somebody is there, then spend the token on `configuration`. */
  | { readonly do: 'configure' }
  /** Send the CSR with the follow-up token. */
  | { readonly do: 'sign'; readonly state: Extract<PairingState, { at: 'configured' }> }
  /** A signed certificate waits to be proven and stored. */
  | { readonly do: 'store'; readonly state: Extract<PairingState, { at: 'signed' }> }
  | { readonly do: 'wait'; readonly leftMs: number }
  | { readonly do: 'give-up'; readonly failure: ConnectionFailure };

/** Identifies a token without revealing it. */
export function hashToken(token: string): string {
  return hash('sha256', token);
}

/** Whether the token may still be good: there is one, and it is not known to be used or refused. */
export function isTokenUnspent(token: string, state: PairingState): boolean {
  return explainUseless(token, state) === undefined;
}

/**
 * What comes next in pairing with this token. Pure.
 * @param leftMs How long the token is still to be left alone.
 */
export function decidePairingStep(state: PairingState, token: string, leftMs: number): PairingStep {
  const useless = explainUseless(token, state);
  if (useless !== undefined) return { do: 'give-up', failure: useless };
  switch (state.at) {
    case 'unpaired':
    case 'paired':
    case 'refused':
      return { do: 'begin' };
    case 'keyed':
    case 'configured':
    case 'signed':
      return state.tokenHash === hashToken(token) ? decideNext(state, leftMs) : { do: 'begin' };
  }
}

type Attempt = Extract<PairingState, { at: 'keyed' | 'configured' | 'signed' }>;

function decideNext(state: Attempt, leftMs: number): PairingStep {
  if (state.at === 'signed') return { do: 'store', state };
  if (leftMs > 0) return { do: 'wait', leftMs };
  if (state.at === 'configured') return { do: 'sign', state };
  return state.tries === undefined ? { do: 'claim' } : { do: 'configure' };
}

function explainUseless(token: string, state: PairingState): ConnectionFailure | undefined {
  if (token === '') return { kind: 'no-token' };
  const hash = hashToken(token);
  if (state.at === 'refused' && state.refusedTokenHash === hash) {
    return { kind: 'token-spent', how: 'refused-before', refusal: state.refusal };
  }
  if (state.present?.usedTokenHash === hash) return { kind: 'token-spent', how: 'used-here' };
  return undefined;
}
