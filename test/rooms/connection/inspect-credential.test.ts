import { describe, expect, it } from 'vitest';
import { type CertificateFacts, hasExpired, isUsable, splitPem } from '../../../agent/connection/inspect-credential.ts';

const end = new Date('2026-04-01T00:00:00Z');
const before = new Date(end.getTime() - 1);
const certificate: CertificateFacts = { notBefore: new Date(0), notAfter: end, keyMatches: true, fingerprint: 'AA' };

describe('a stored certificate', () => {
  it('can be used with its own key until the moment of its end', () => {
    expect([hasExpired(certificate, before), isUsable(certificate, before)]).toEqual([false, true]);
    expect([hasExpired(certificate, end), isUsable(certificate, end)]).toEqual([true, false]);
  });

  it('cannot be used with the key of another, however long it lasts', () => {
    expect(isUsable({ ...certificate, keyMatches: false }, before)).toBe(false);
    expect(isUsable({ ...certificate, keyMatches: false }, end)).toBe(false);
  });
});

describe('a PEM text', () => {
  const pem = (body: string) => `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----`;

  it('has each of its certificates, and nothing of what stands between them', () => {
    expect(splitPem(`leaf\n${pem('one')}\nissuer\n${pem('two')}\n`)).toEqual([pem('one'), pem('two')]);
  });

  it('has none where there is none', () => {
    expect([splitPem(''), splitPem('-----BEGIN PRIVATE KEY-----')]).toEqual([[], []]);
  });
});
