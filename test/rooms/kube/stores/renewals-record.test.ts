import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashToken } from '../../../../agent/connection/decide-pairing-step.ts';
import { parsePairingKeys, toPairingKeys } from '../../../../agent/kube/stores/pairing-record.ts';
import { parseRenewals, toRenewalsKey } from '../../../../agent/kube/stores/renewals-record.ts';
import { pairingStates } from '../../../data/builders/pairing-states.ts';
import * as before from '../../../data/fixtures/version-0.1.0/pairing-record.ts';

const times = [new Date('2026-01-01T00:00:00.123Z'), new Date('2026-01-01T00:20:00Z')];

describe('the renewals in the Secret of pairing', () => {
  it('are read as they were written, and there are none in a Secret without them', () => {
    expect(parseRenewals(toRenewalsKey(times))).toEqual(times);
    expect(parseRenewals(toRenewalsKey([]))).toEqual([]);
    expect(parseRenewals({ tokenHash: 'a' })).toEqual([]);
  });

  it.each([
    'rubbish',
    '',
    'null',
    '{}',
    '"2026-01-01T00:00:00Z"',
    '[1]',
    '["soon"]',
    '["2026-13-01T00:00:00Z"]',
    '[["2026-01-01T00:00:00Z"]]',
    JSON.stringify(Array.from({ length: 10_000 }, () => times[0])),
  ])('are none where the key holds %.30s', (renewals) => {
    expect(parseRenewals({ renewals })).toEqual([]);
  });

  it('are no matter to this version nor to 0.1.0 when they read the state of pairing', () => {
    fc.assert(
      fc.property(pairingStates(hashToken), fc.string(), (state, rubbish) => {
        const keys = Object.fromEntries(
          Object.entries(toPairingKeys(state)).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
        );
        for (const renewals of [rubbish, toRenewalsKey(times).renewals]) {
          expect(parsePairingKeys({ ...keys, renewals })).toEqual(state);
          expect(before.parsePairingKeys({ ...keys, renewals })).toEqual(before.parsePairingKeys(keys));
        }
      }),
    );
    expect(Object.keys(before.toPairingKeys({}))).not.toContain('renewals');
    expect(Object.keys(toPairingKeys({ at: 'unpaired', present: undefined }))).not.toContain('renewals');
  });
});
