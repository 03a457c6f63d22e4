import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { CertificateProblem } from './connection-failure.ts';
import type { SubjectAttribute } from './ports.ts';

/**
 * NotBefore is the moment of signing by the server's clock (docs/contracts/compass.md#certificates: no backdating), so a cluster whose
 * clock is behind sees a certificate from the future.
 */
const toleratedClockSkewMs = 60 * 60 * 1000;

/** What Connector copies into a certificate; it drops everything else (docs/contracts/compass.md#certificates). */
const copiedTypes: ReadonlySet<string> = new Set(['C', 'ST', 'L', 'O', 'OU', 'CN']);

/**
 * Checks what Connector signed before anything is stored: a certificate that does not fit its key, is not valid now,
 * or bears another subject would lock the agent out and the token is spent already. Gives every check that failed. What
 * comes beside the certificate is not judged: that shows in a call with it.
 */
export function verifyCertificate(
  certificatePem: string,
  privateKeyPem: string,
  wanted: readonly SubjectAttribute[],
  now: Date,
): CertificateProblem[] {
  const certificate = parseCertificate(certificatePem);
  if (certificate === undefined) return [{ kind: 'unreadable' }];
  const problems: CertificateProblem[] = [];
  if (!certificate.checkPrivateKey(createPrivateKey(privateKeyPem))) problems.push({ kind: 'other-key' });
  if (certificate.validToDate <= now) problems.push({ kind: 'expired', at: certificate.validToDate });
  if (certificate.validFromDate.getTime() > now.getTime() + toleratedClockSkewMs) {
    problems.push({ kind: 'not-yet-valid', at: certificate.validFromDate });
  }
  if (!hasSubject(certificate, wanted)) problems.push({ kind: 'other-subject' });
  return problems;
}

function parseCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

/** Every attribute asked for is there with its value; order and further attributes do not matter. */
function hasSubject(certificate: X509Certificate, wanted: readonly SubjectAttribute[]): boolean {
  // The printed subject is escaped in a way of its own; this form has the values as they are.
  const present = new Map<string, unknown>(Object.entries(certificate.toLegacyObject().subject));
  return wanted
    .filter(([type]) => copiedTypes.has(type))
    .every(([type, value]) => [present.get(type)].flat().includes(value));
}
