import { describe, expect, it } from 'vitest';
import { decidePairingStep, hashToken, isTokenUnspent } from '../../../agent/connection/decide-pairing-step.ts';
import type { PairingState } from '../../../agent/connection/pairing-state.ts';

const token = 'the token';
const tokenHash = hashToken(token);
const present = {
  identity: { runtimeId: 'r1', tenant: 't1', connectorUrl: 'https://c' },
  addresses: { directorUrl: 'https://d', securedConnectorUrl: 'https://s' },
  usedTokenHash: hashToken('the used token'),
  fingerprints: ['AA'],
};
const followUp = { token: 'follow-up', subject: 'CN=x', ...present.addresses };
const signed = { certificatePem: 'certificate', chainPem: 'chain', caCertificatePem: 'ca' };
const attempt = {
  present,
  tokenHash,
  privateKeyPem: 'key',
  tries: { count: 1, notBefore: new Date(0), isAnswerLost: false },
};

const keyed: PairingState = { at: 'keyed', ...attempt };
const unclaimed: PairingState = { ...keyed, tries: undefined };
const configured: PairingState = { at: 'configured', ...attempt, followUp };
const waiting: PairingState = { at: 'signed', ...attempt, followUp, signed };
const paired: PairingState = { at: 'paired', present };
const refused: PairingState = {
  at: 'refused',
  present,
  refusedTokenHash: hashToken('the refused token'),
  refusal: undefined,
};

describe('the next step of pairing', () => {
  it.each<[string, PairingState, object]>([
    ['begins where nothing was ever paired', { at: 'unpaired', present: undefined }, { do: 'begin' }],
    ['begins after an earlier pairing', paired, { do: 'begin' }],
    ['begins after another token was refused', refused, { do: 'begin' }],
    ['claims before it uses the token', unclaimed, { do: 'claim' }],
    ['uses the token after the claim', keyed, { do: 'configure' }],
    ['goes on with the follow-up token', configured, { do: 'sign', state: configured }],
    ['stores what was signed', waiting, { do: 'store', state: waiting }],
  ])('%s', (_, state, expected) => {
    expect(decidePairingStep(state, token, 0)).toEqual(expected);
  });

  it.each([
    ['keyed', unclaimed],
    ['claimed', keyed],
    ['configured', configured],
    ['signed', waiting],
  ] as const)('begins anew with another token, whatever became of the last: %s', (_, state) => {
    expect(decidePairingStep(state, 'another token', 5)).toEqual({ do: 'begin' });
  });

  it('waits out a pause before a token goes out, but not before what is signed is stored', () => {
    for (const state of [unclaimed, keyed, configured]) {
      expect(decidePairingStep(state, token, 1)).toEqual({ do: 'wait', leftMs: 1 });
    }
    expect(decidePairingStep(waiting, token, 5)).toMatchObject({ do: 'store' });
  });

  it.each<[string, PairingState, string, object]>([
    ['there is none', paired, '', { kind: 'no-token' }],
    [
      'it was refused',
      refused,
      'the refused token',
      { kind: 'token-spent', how: 'refused-before', refusal: undefined },
    ],
    ['it paired the present certificate', paired, 'the used token', { kind: 'token-spent', how: 'used-here' }],
    [
      'it paired the present certificate, also while another is tried',
      keyed,
      'the used token',
      { kind: 'token-spent', how: 'used-here' },
    ],
  ])('gives up a token when %s', (_, state, spent, failure) => {
    expect(decidePairingStep(state, spent, 0)).toEqual({ do: 'give-up', failure });
    expect(isTokenUnspent(spent, state)).toBe(false);
  });

  it('takes any other token for unspent, the one of a running attempt too', () => {
    for (const state of [keyed, configured, waiting, paired, refused]) expect(isTokenUnspent(token, state)).toBe(true);
  });

  it('knows a token by its sha256 and nothing else', () => {
    expect(hashToken('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});
