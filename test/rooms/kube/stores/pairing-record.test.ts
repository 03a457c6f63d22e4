import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decidePairingStep, hashToken } from '../../../../agent/connection/decide-pairing-step.ts';
import { explainFailure } from '../../../../agent/connection/explain-failure.ts';
import type { PairingState } from '../../../../agent/connection/pairing-state.ts';
import { parsePairingKeys, toPairingKeys } from '../../../../agent/kube/stores/pairing-record.ts';
import { pairingStates, tokens } from '../../../data/builders/pairing-states.ts';
import { decidePairingStep as decideBefore } from '../../../data/fixtures/version-0.1.0/decide-pairing-step.ts';
import * as before from '../../../data/fixtures/version-0.1.0/pairing-record.ts';

const states = pairingStates(hashToken);

/** What a Secret holds after a write: no key for what is undefined. */
function store(keys: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(keys).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}

function readBefore(state: PairingState): before.PairingRecord {
  const record = before.parsePairingKeys(store(toPairingKeys(state)));
  if (record === undefined) throw new Error('Version 0.1.0 cannot read it.');
  return record;
}

describe('the memory of pairing in its Secret', () => {
  it('is read as it was written, in every state', () => {
    fc.assert(
      fc.property(states, (state) => {
        expect(parsePairingKeys(store(toPairingKeys(state)))).toStrictEqual(state);
      }),
    );
  });

  it('has a value or a removal for every key, so that nothing is left of the state before', () => {
    fc.assert(
      fc.property(states, states, (first, second) => {
        const keys = store({ ...store(toPairingKeys(first)), ...toPairingKeys(second) });
        expect(parsePairingKeys(keys)).toStrictEqual(second);
      }),
    );
  });

  it('is read by version 0.1.0, which then does what this version does', () => {
    fc.assert(
      fc.property(states, fc.constantFrom('', ...tokens), fc.integer({ min: -2, max: 2 }), (state, token, seconds) => {
        const notBefore = 'tries' in state ? state.tries?.notBefore : undefined;
        const nowMs = (notBefore ?? new Date('2030-01-01')).getTime() + seconds * 1_000;
        const theirs = decideBefore(readBefore(state), token, nowMs);
        const leftMs = Math.max((notBefore?.getTime() ?? 0) - nowMs, 0);
        const ours = decidePairingStep(state, token, leftMs);
        switch (ours.do) {
          case 'give-up':
            // It knows no other reason why a token is of no use.
            expect(theirs).toEqual({
              do: 'give-up',
              reason: explainFailure(ours.failure).reason.replace(
                /^(CertificateRejected|InvalidAnswer)$/,
                'TokenRefused',
              ),
            });
            break;
          case 'wait':
            expect(theirs).toEqual({ do: 'wait', untilMs: nowMs + ours.leftMs });
            break;
          case 'claim':
            // Version 0.1.0 decides and claims in one step.
            expect(theirs).toEqual({ do: 'configure' });
            break;
          default:
            expect(theirs).toEqual({ do: ours.do });
        }
      }),
    );
  });

  it('means to version 0.1.0 what it means here: whom the certificate stands for, and what its token was', () => {
    fc.assert(
      fc.property(states, (state) => {
        const { paired, usedTokenHash } = readBefore(state);
        const { present } = state;
        expect(paired).toEqual(present && { ...present.identity, ...present.addresses });
        expect(usedTokenHash).toBe(present?.usedTokenHash);
      }),
    );
  });

  it('is understood as version 0.1.0 writes it', () => {
    const later = ['fingerprints', 'isAnswerLost', 'refusal', 'madeFor'];
    fc.assert(
      fc.property(states, (state) => {
        const ours = store(toPairingKeys(state));
        const written = store(before.toPairingKeys(readBefore(state)));
        const known = Object.entries(ours).filter(([key]) => !later.includes(key));
        expect(written).toEqual(Object.fromEntries(known));
        // It leaves the keys that it does not know as they are.
        expect(parsePairingKeys({ ...ours, ...written })).toStrictEqual(state);
        expect(parsePairingKeys(written)?.at).toBe(state.at);
      }),
    );
  });

  it('has times of any offset', () => {
    const keys = { tokenHash: 'a', privateKeyPem: 'b', attempts: '1', nextAttemptAt: '2030-01-01T01:00:00+01:00' };
    expect(parsePairingKeys(keys)).toMatchObject({ tries: { count: 1, notBefore: new Date('2030-01-01T00:00:00Z') } });
  });

  it.each<[string, Record<string, string>, PairingState['at']]>([
    ['an empty Secret', {}, 'unpaired'],
    ['keys of others', { theirs: 'x' }, 'unpaired'],
    ['a token without a key', { tokenHash: 'a' }, 'unpaired'],
    ['a key without a token', { privateKeyPem: 'a' }, 'unpaired'],
    ['a token that is refused as well', { tokenHash: 'a', privateKeyPem: 'b', refusedTokenHash: 'a' }, 'refused'],
    ['an attempt after a refusal', { tokenHash: 'a', privateKeyPem: 'b', refusedTokenHash: 'c' }, 'keyed'],
    ['a used token without what it paired', { usedTokenHash: 'a' }, 'refused'],
    [
      'a certificate without the answer that it came with',
      {
        tokenHash: 'a',
        privateKeyPem: 'b',
        signed: JSON.stringify({ certificatePem: '', chainPem: '', caCertificatePem: '' }),
      },
      'keyed',
    ],
  ])('counts as far as it has a meaning: %s', (_, keys, at) => {
    expect(parsePairingKeys(keys)?.at).toBe(at);
  });

  it.each([
    { followUp: 'rubbish' },
    { followUp: '{}' },
    { attempts: '-1' },
    { attempts: '1.5' },
    { nextAttemptAt: 'soon' },
    { paired: '[]' },
    { signed: 'null' },
    { madeFor: '{"request":"asked"}' },
  ])('is nothing when it holds %o', (keys) => {
    expect(parsePairingKeys(keys)).toBeUndefined();
  });
});
