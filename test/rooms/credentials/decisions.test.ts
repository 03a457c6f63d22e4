import { describe, expect, it } from 'vitest';
import { hashToken } from '../../../agent/credentials/pairing-decision.ts';
import { decideRenewal, toRenewAt } from '../../../agent/credentials/renewal-policy.ts';
import type { CertificateFacts } from '../../../agent/credentials/verify-certificate.ts';
import { type ConnectionInput, decideConnection } from '../../../agent/loop/decide-connection.ts';

const day = 86_400_000;
const at = (days: number) => new Date(Date.UTC(2026, 0, 1) + days * day);
const certificate: CertificateFacts = { notBefore: at(0), notAfter: at(90), keyMatches: true, fingerprint: 'AA' };

describe('renewal', () => {
  const decide = (days: number, changes: Partial<Parameters<typeof decideRenewal>[0]> = {}) =>
    decideRenewal({ certificate, isForced: false, now: at(days), threshold: 0.3, runtimeId: 'runtime', ...changes });

  it('is due once less than the threshold of the lifetime is left, up to a tenth of it earlier', () => {
    const renewAt = toRenewAt(certificate, 0.3, 'runtime');
    expect(renewAt.getTime()).toBeGreaterThanOrEqual(at(90 - 29.7).getTime());
    expect(renewAt.getTime()).toBeLessThanOrEqual(at(63).getTime());
    expect(decide(60)).toBeUndefined();
    expect(decide(63)).toMatchObject({ reason: 'Expiring', canRenew: true });
  });

  it('is spread over a fleet and stable for one runtime', () => {
    const times = new Set(
      Array.from({ length: 20 }, (_, index) => toRenewAt(certificate, 0.3, `runtime ${index}`).getTime()),
    );
    expect(times.size).toBe(20);
    expect(toRenewAt(certificate, 0.3, 'runtime')).toEqual(toRenewAt(certificate, 0.3, 'runtime'));
  });

  it.each([
    ['Forced', { isForced: true }, true],
    ['NoUsablePair', { certificate: undefined }, false],
    ['KeyMismatch', { certificate: { ...certificate, keyMatches: false } }, false],
    ['Expired', { now: at(90) }, false],
  ] as const)('names %s', (reason, changes, canRenew) => {
    expect(decide(1, changes)).toMatchObject({ reason, canRenew });
  });
});

describe('the connection', () => {
  const token = 'token-in-the-secret';
  const configuration = { connectorUrl: 'https://c', token, runtimeId: 'r1', tenant: 't1' };
  const urls = { directorUrl: 'https://d', securedConnectorUrl: 'https://s' };
  const paired = { runtimeId: 'r1', tenant: 't1', connectorUrl: 'https://c', ...urls };
  const managementInfo = { directorUrl: 'https://d', connectorUrl: 'https://s' };
  const decide = (changes: Partial<ConnectionInput> = {}) =>
    decideConnection({
      configuration: { kind: 'present', configuration },
      managementInfo,
      certificate,
      record: { paired, usedTokenHash: hashToken(token) },
      isRefused: false,
      now: at(1),
      ...changes,
    });
  const newToken = { kind: 'present', configuration: { ...configuration, token: 'new' } } as const;

  it('is used as it is while it is healthy, also when a new token comes', () => {
    expect(decide()).toEqual({ do: 'use', paired, isNew: false });
    expect(decide({ configuration: newToken })).toMatchObject({ do: 'use' });
    expect(decide({ configuration: { kind: 'missing', message: 'gone' } })).toMatchObject({ do: 'use' });
  });

  it('is taken over from an installation that left no record', () => {
    expect(decide({ record: {} })).toEqual({ do: 'use', paired, isNew: true });
  });

  it.each([
    ['no certificate', { certificate: undefined }],
    ['an expired certificate', { now: at(91) }],
    ['a key that does not fit', { certificate: { ...certificate, keyMatches: false } }],
  ])('is paired anew with %s', (_, changes) => {
    expect(decide(changes)).toMatchObject({ do: 'pair', keepPresent: false });
    expect(decide({ ...changes, configuration: { kind: 'missing', message: 'gone' } })).toMatchObject({
      do: 'fail',
      error: { reason: 'ConfigurationMissing' },
    });
  });

  it('spends a new token after a refusal, and goes on with the old pair should that fail', () => {
    expect(decide({ isRefused: true })).toMatchObject({ do: 'use' });
    expect(decide({ isRefused: true, configuration: newToken })).toMatchObject({
      do: 'pair',
      keepPresent: true,
      otherwise: { do: 'use' },
    });
  });

  it.each([
    ['runtimeId', 'r2'],
    ['tenant', 't2'],
    ['connectorUrl', 'https://other'],
  ])('pairs at once when %s changes, or proves the old pair for it when the token is spent', (field, value) => {
    const changed = (secret: string) =>
      ({ kind: 'present', configuration: { ...configuration, token: secret, [field]: value } }) as const;
    expect(decide({ configuration: changed('new') })).toMatchObject({ do: 'pair', keepPresent: true });
    expect(decide({ configuration: changed(token) })).toMatchObject({ do: 'prove', paired: { [field]: value } });
  });

  it('is rebuilt from the stored pair when the CR is gone, unless there is a fresh token', () => {
    for (const info of [undefined, { directorUrl: '', connectorUrl: '' }]) {
      expect(decide({ managementInfo: info })).toEqual({ do: 'rebuild', paired });
      expect(decide({ managementInfo: info, configuration: newToken })).toMatchObject({
        do: 'pair',
        keepPresent: true,
        otherwise: { do: 'rebuild' },
      });
    }
  });
});
