import { isReached } from '../domain/is-reached.ts';
import { toShare } from '../domain/to-share.ts';
import type { CertificateFacts } from './inspect-credential.ts';

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
  /** Only a valid certificate can sign for its successor; without one a token is needed. */
  readonly canRenew: boolean;
}

const checks: readonly (RenewalReason & { readonly holds: (input: RenewalInput) => boolean })[] = [
  { reason: 'NoUsablePair', canRenew: false, holds: ({ certificate }) => certificate === undefined },
  { reason: 'KeyMismatch', canRenew: false, holds: ({ certificate }) => certificate?.keyMatches === false },
  { reason: 'Expired', canRenew: false, holds: ({ certificate, now }) => isReached(certificate?.notAfter, now) },
  { reason: 'Forced', canRenew: true, holds: ({ isForced }) => isForced },
  {
    reason: 'Expiring',
    canRenew: true,
    holds: ({ certificate, threshold, runtimeId, now }) =>
      certificate !== undefined && isReached(toRenewAt(certificate, threshold, runtimeId), now),
  },
];

/** The first check that holds, or undefined while the certificate may stay. */
export function decideRenewal(input: RenewalInput): RenewalReason | undefined {
  const found = checks.find(({ holds }) => holds(input));
  return found && { reason: found.reason, canRenew: found.canRenew };
}

/**
 * When renewal is due: the threshold's share of the lifetime before its end, up to a tenth of that share earlier, by a
 * phase derived from the runtime id, so that clusters paired together do not renew together.
 */
export function toRenewAt(certificate: CertificateFacts, threshold: number, runtimeId: string): Date {
  const lifetimeMs = certificate.notAfter.getTime() - certificate.notBefore.getTime();
  const jitter = toShare(`renewal/${runtimeId}`);
  return new Date(certificate.notAfter.getTime() - lifetimeMs * threshold * (1 + jitter * 0.1));
}
