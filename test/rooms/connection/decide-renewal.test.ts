import { describe, expect, it } from 'vitest';
import { decideRenewal, type RenewalInput, toRenewAt } from '../../../agent/connection/decide-renewal.ts';
import type { CertificateFacts } from '../../../agent/connection/inspect-credential.ts';

const dayMs = 86_400_000;
const at = (days: number) => new Date(Date.UTC(2026, 0, 1) + days * dayMs);
const certificate: CertificateFacts = { notBefore: at(0), notAfter: at(90), keyMatches: true, fingerprint: 'AA' };
const decide = (days: number, changes: Partial<RenewalInput> = {}) =>
  decideRenewal({ certificate, isForced: false, now: at(days), threshold: 0.3, runtimeId: 'runtime', ...changes });

describe('renewal', () => {
  it('is due once less than the threshold of the lifetime is left, up to a tenth of it earlier', () => {
    const renewAt = toRenewAt(certificate, 0.3, 'runtime');
    expect(renewAt.getTime()).toBeGreaterThanOrEqual(at(90 - 29.7).getTime());
    expect(renewAt.getTime()).toBeLessThanOrEqual(at(63).getTime());
    expect(decide(0, { now: new Date(renewAt.getTime() - 1) })).toBeUndefined();
    expect(decide(0, { now: renewAt })).toEqual({ reason: 'Expiring', canRenew: true });
  });

  it('is spread over a fleet within that tenth, and stable for one runtime', () => {
    const times = Array.from({ length: 50 }, (_, index) => toRenewAt(certificate, 0.3, `runtime ${index}`).getTime());
    expect(new Set(times).size).toBe(50);
    expect(Math.max(...times)).toBeLessThanOrEqual(at(63).getTime());
    expect(Math.min(...times)).toBeGreaterThanOrEqual(at(90 - 29.7).getTime());
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(2 * dayMs);
    expect(toRenewAt(certificate, 0.3, 'runtime')).toEqual(toRenewAt(certificate, 0.3, 'runtime'));
    // So that an upgrade moves nobody's renewal.
    expect(toRenewAt(certificate, 0.3, 'runtime').toISOString()).toBe('2026-03-02T09:12:52.579Z');
  });

  it.each<[string, Partial<RenewalInput>, boolean]>([
    ['Forced', { isForced: true }, true],
    ['NoUsablePair', { certificate: undefined }, false],
    ['KeyMismatch', { certificate: { ...certificate, keyMatches: false } }, false],
    ['Expired', { now: at(90) }, false],
    ['NoUsablePair', { certificate: undefined, isForced: true }, false],
    ['KeyMismatch', { certificate: { ...certificate, keyMatches: false }, isForced: true, now: at(90) }, false],
    ['Expired', { now: at(90), isForced: true }, false],
    ['Forced', { now: at(89), isForced: true }, true],
  ])('names %s first for %o', (reason, changes, canRenew) => {
    expect(decide(1, changes)).toEqual({ reason, canRenew });
  });
});
