import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { ClientCredential } from './ucl-access.ts';

/** What the agent wants to know of a stored certificate. */
export interface CertificateFacts {
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly keyMatches: boolean;
  /** sha256 of the DER, colon-separated hex. */
  readonly fingerprint: string;
}

/** Reads a stored credential; undefined when certificate or key cannot be parsed. */
export function inspectCredential(credential: ClientCredential): CertificateFacts | undefined {
  try {
    const certificate = new X509Certificate(credential.certificatePem);
    return {
      notBefore: certificate.validFromDate,
      notAfter: certificate.validToDate,
      keyMatches: certificate.checkPrivateKey(createPrivateKey(credential.privateKeyPem)),
      fingerprint: certificate.fingerprint256,
    };
  } catch {
    return undefined;
  }
}

/** Whether certificate and key belong together, and the certificate has not expired. */
export function isUsable(certificate: CertificateFacts, now: Date): boolean {
  return certificate.keyMatches && !hasExpired(certificate, now);
}

/** By the clock of the cluster, which may be wrong. */
export function hasExpired({ notAfter }: CertificateFacts, now: Date): boolean {
  return notAfter <= now;
}

const pemBlock = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Each certificate of a PEM text, as a PEM text of its own. */
export function splitPem(pem: string): string[] {
  return pem.match(pemBlock) ?? [];
}
