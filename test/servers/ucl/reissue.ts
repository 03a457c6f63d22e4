import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import type { IssuedCertificate, IssuingAuthority } from './certificate-authority.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** A certificate for the same key and subject (PEM), of other dates, in days from now. */
export function reissue(
  authority: IssuingAuthority,
  pem: string,
  { fromDays, untilDays }: { readonly fromDays: number; readonly untilDays: number },
): Promise<IssuedCertificate> {
  const { subject, publicKey } = new x509.X509Certificate(pem);
  const at = (days: number) => new Date(Date.now() + days * dayMs);
  return authority.issue({ subject, publicKey, notBefore: at(fromDays), notAfter: at(untilDays) });
}
