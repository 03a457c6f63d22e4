import { describe, expect, it } from 'vitest';
import { type ConnectionSituation, decideConnection } from '../../../agent/connection/decide-connection.ts';
import { hashToken } from '../../../agent/connection/decide-pairing-step.ts';
import type { PairingState } from '../../../agent/connection/pairing-state.ts';

const dayMs = 86_400_000;
const at = (days: number) => new Date(Date.UTC(2026, 0, 1) + days * dayMs);
const certificate = { notBefore: at(0), notAfter: at(90), keyMatches: true, fingerprint: 'AA' };
const credential = { certificatePem: 'certificate', privateKeyPem: 'key', chainPem: 'chain' };
const stored = { credential, certificate };

const token = 'token-in-the-secret';
const identity = { runtimeId: 'r1', tenant: 't1', connectorUrl: 'https://c' };
const configuration = { ...identity, token };
const addresses = { directorUrl: 'https://d', securedConnectorUrl: 'https://s' };
const managementInfo = { directorUrl: 'https://d', connectorUrl: 'https://s' };
const paired = { at: 'paired', present: { identity, addresses, usedTokenHash: hashToken(token) } } as const;
const unpaired: PairingState = { at: 'unpaired', present: undefined };

const present = (changes: Partial<typeof configuration> = {}) =>
  ({ kind: 'present', configuration: { ...configuration, ...changes } }) as const;
const missing = { kind: 'missing', message: 'gone' } as const;
const invalid = { kind: 'invalid', message: 'RUNTIME_ID must be a UUID' } as const;
const link = { identity, addresses, credential, certificate };
const use = { do: 'use', link, isNew: false };
const rebuild = { do: 'rebuild', link };

const decide = (changes: Partial<ConnectionSituation> = {}) =>
  decideConnection({
    configuration: present(),
    managementInfo,
    stored,
    pairing: paired,
    isTurnedAway: false,
    now: at(1),
    ...changes,
  });

describe('the connection', () => {
  it('is used as it is while it is healthy, also when a new token comes or the Secret goes', () => {
    expect(decide()).toEqual(use);
    expect(decide({ configuration: present({ token: 'new' }) })).toEqual(use);
    expect(decide({ configuration: missing })).toEqual(use);
    expect(decide({ configuration: invalid })).toEqual(use);
  });

  it('goes to the addresses that the CompassConnection shows', () => {
    const shown = { directorUrl: 'https://d2', connectorUrl: 'https://s2' };
    expect(decide({ managementInfo: shown })).toEqual({
      ...use,
      link: { ...link, addresses: { directorUrl: 'https://d2', securedConnectorUrl: 'https://s2' } },
    });
  });

  it('is taken over from an installation that left no record, where the Secret says for whom', () => {
    expect(decide({ pairing: unpaired })).toEqual({ ...use, isNew: true });
    for (const read of [missing, invalid]) {
      expect(decide({ pairing: unpaired, configuration: read })).toEqual({
        do: 'fail',
        failure: { kind: 'configuration', read },
      });
    }
  });

  it.each<[string, Partial<ConnectionSituation>]>([
    ['no certificate', { stored: undefined }],
    ['an expired certificate', { now: at(90) }],
    ['a key that does not fit', { stored: { credential, certificate: { ...certificate, keyMatches: false } } }],
  ])('is paired anew with %s, with nothing to keep', (_, changes) => {
    expect(decide(changes)).toEqual({ do: 'pair', configuration, keepsPresent: false, otherwise: undefined });
    for (const read of [missing, invalid]) {
      expect(decide({ ...changes, configuration: read })).toEqual({
        do: 'fail',
        failure: { kind: 'configuration', read },
      });
    }
  });

  it('spends a new token after it was turned away, and goes on with the old credential should that fail', () => {
    expect(decide({ isTurnedAway: true })).toEqual(use);
    const renewed = present({ token: 'new' });
    expect(decide({ isTurnedAway: true, configuration: renewed })).toEqual({
      do: 'pair',
      configuration: renewed.configuration,
      keepsPresent: true,
      otherwise: use,
    });
  });

  it('is paired to the end when the agent died between storing the new certificate and writing that down', () => {
    const { present: before } = paired;
    const renewed = present({ token: 'new' });
    const followUp = { token: 'follow-up', subject: 'CN=x', ...addresses };
    const signed = { certificatePem: credential.certificatePem, chainPem: 'chain', caCertificatePem: 'ca' };
    const attempt = { present: before, tokenHash: hashToken('new'), privateKeyPem: 'key', tries: undefined };
    const pairing: PairingState = { at: 'signed', ...attempt, followUp, signed };
    const pair = { do: 'pair', configuration: renewed.configuration, keepsPresent: true, otherwise: use };
    expect(decide({ pairing, configuration: renewed })).toEqual(pair);
    expect(decide({ pairing })).toEqual(use);
    expect(decide({ pairing: { ...pairing, tokenHash: 'another' }, configuration: renewed })).toEqual(use);
    const other = { ...signed, certificatePem: 'not stored yet' };
    expect(decide({ pairing: { ...pairing, signed: other }, configuration: renewed })).toEqual(use);
  });

  it.each(['runtimeId', 'tenant', 'connectorUrl'])(
    'pairs at once when %s changes, or proves the old credential for it when the token is spent',
    (field) => {
      const changed = { [field]: 'https://other' };
      expect(decide({ configuration: present({ ...changed, token: 'new' }) })).toEqual({
        do: 'pair',
        configuration: { ...configuration, ...changed, token: 'new' },
        keepsPresent: true,
        otherwise: undefined,
      });
      expect(decide({ configuration: present(changed) })).toEqual({
        do: 'prove',
        link: { ...link, identity: { ...identity, ...changed } },
      });
    },
  );

  it.each<[string, ConnectionSituation['managementInfo']]>([
    ['gone', undefined],
    ['empty', { directorUrl: '', connectorUrl: '' }],
    ['without the address of the Director', { directorUrl: '', connectorUrl: 'https://s' }],
    ['without the address of the Connector', { directorUrl: 'https://d', connectorUrl: '' }],
  ])(
    'is rebuilt from the stored credential when the CompassConnection is %s, unless there is a fresh token',
    (_, info) => {
      expect(decide({ managementInfo: info })).toEqual(rebuild);
      expect(decide({ managementInfo: info, configuration: missing })).toEqual(rebuild);
      expect(decide({ managementInfo: info, configuration: present({ token: 'new' }) })).toEqual({
        do: 'pair',
        configuration: { ...configuration, token: 'new' },
        keepsPresent: true,
        otherwise: rebuild,
      });
    },
  );

  it('is paired when nothing knows the addresses any more, so that it is said what is wrong with the token', () => {
    const refused: PairingState = { at: 'refused', present: undefined, refusedTokenHash: hashToken(token) };
    const nowhere = { managementInfo: undefined, pairing: refused };
    expect(decide(nowhere)).toEqual({ do: 'pair', configuration, keepsPresent: true, otherwise: undefined });
    expect(decide({ ...nowhere, configuration: missing })).toEqual({
      do: 'fail',
      failure: { kind: 'configuration', read: missing },
    });
  });
});
