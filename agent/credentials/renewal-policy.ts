import { createHash } from 'node:crypto';
import type { CertificateFacts } from './verify-certificate.ts';

/** Whether and why the client certificate is renewed: an ordered list of named checks over plain data. */

export interface RenewalInput {
  /** undefined: no pair, or one that cannot be parsed. */
  readonly certificate: CertificateFacts | undefined;
  readonly isForced: boolean;
  readonly now: Date;
  /** Share of the lifetime that is left when renewal is due, 0 to 1. */
  readonly threshold: number;
  /** Spreads a fleet: stable for one runtime. */
  readonly runtimeId: string;
}

export interface RenewalReason {
  readonly reason: 'Forced' | 'NoUsablePair' | 'KeyMismatch' | 'Expired' | 'Expiring';
  readonly message: string;
  /** Only a valid certificate can sign for its successor; without one a token is needed. */
  readonly canRenew: boolean;
}

type Check = (input: RenewalInput) => RenewalReason | undefined;

const checks: readonly Check[] = [hasNoUsablePair, hasKeyMismatch, isExpired, isForced, isExpiring];

/** The first check that fails, or undefined while the certificate may stay. */
export function decideRenewal(input: RenewalInput): RenewalReason | undefined {
  for (const check of checks) {
    const reason = check(input);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/**
 * When renewal is due: the threshold's share of the lifetime before its end, up to a tenth of that share earlier, by a
 * phase derived from the runtime id, so that clusters paired together do not renew together.
 */
export function toRenewAt(certificate: CertificateFacts, threshold: number, runtimeId: string): Date {
  const lifetimeMs = certificate.notAfter.getTime() - certificate.notBefore.getTime();
  const jitter = createHash('sha256').update(`renewal/${runtimeId}`).digest().readUInt32BE(0) / 2 ** 32;
  return new Date(certificate.notAfter.getTime() - lifetimeMs * threshold * (1 + jitter * 0.1));
}

function hasNoUsablePair({ certificate }: RenewalInput): RenewalReason | undefined {
  if (certificate !== undefined) return undefined;
  return { reason: 'NoUsablePair', message: 'There is no client certificate that can be read.', canRenew: false };
}

function hasKeyMismatch({ certificate }: RenewalInput): RenewalReason | undefined {
  if (certificate?.keyMatches !== false) return undefined;
  return { reason: 'KeyMismatch', message: 'The stored key does not belong to the certificate.', canRenew: false };
}

function isExpired({ certificate, now }: RenewalInput): RenewalReason | undefined {
  if (certificate === undefined || certificate.notAfter > now) return undefined;
  const message = `The client certificate expired at ${certificate.notAfter.toISOString()}.`;
  return { reason: 'Expired', message, canRenew: false };
}

function isForced({ isForced: forced }: RenewalInput): RenewalReason | undefined {
  return forced ? { reason: 'Forced', message: 'A renewal was requested.', canRenew: true } : undefined;
}

function isExpiring({ certificate, now, threshold, runtimeId }: RenewalInput): RenewalReason | undefined {
  if (certificate === undefined || toRenewAt(certificate, threshold, runtimeId) > now) return undefined;
  const message = `The client certificate expires at ${certificate.notAfter.toISOString()}.`;
  return { reason: 'Expiring', message, canRenew: true };
}
