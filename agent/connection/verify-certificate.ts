import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { CertificateProblem } from './connection-failure.ts';
import { splitPem } from './inspect-credential.ts';
import type { SignedCertificate } from './ucl-access.ts';

/**
 * NotBefore is the moment of signing by the server's clock (docs/contracts/compass.md#certificates: no backdating), so a cluster whose
 * clock is behind sees a certificate from the future.
 */
const toleratedClockSkewMs = 60 * 60 * 1000;

/**
 * Checks what Connector signed before anything is stored: a certificate that does not fit its key, is not valid now,
 * or bears another subject would lock the agent out and the token is spent already. Gives every check that failed.
 */
export function verifyCertificate(
  signed: SignedCertificate,
  privateKeyPem: string,
  subject: string,
  now: Date,
): CertificateProblem[] {
  const [client] = parseCertificates(signed.clientCertificatePem);
  const chain = parseCertificates(signed.certificateChainPem);
  if (client === undefined) return [{ kind: 'unreadable' }];
  const problems: CertificateProblem[] = [];
  if (!client.checkPrivateKey(createPrivateKey(privateKeyPem))) problems.push({ kind: 'other-key' });
  if (client.validToDate <= now) problems.push({ kind: 'expired', at: client.validToDate });
  if (client.validFromDate.getTime() > now.getTime() + toleratedClockSkewMs) {
    problems.push({ kind: 'not-yet-valid', at: client.validFromDate });
  }
  if (!hasSubject(client, subject)) problems.push({ kind: 'other-subject' });
  if (parseCertificates(signed.caCertificatePem).length === 0) problems.push({ kind: 'no-authority' });
  if (chain[0]?.fingerprint256 !== client.fingerprint256) problems.push({ kind: 'foreign-chain' });
  else if (!isUnbroken(chain)) problems.push({ kind: 'broken-chain' });
  return problems;
}

/** All certificates of a PEM text; empty when one of them is broken. */
function parseCertificates(pem: string): X509Certificate[] {
  try {
    return splitPem(pem).map((block) => new X509Certificate(block));
  } catch {
    return [];
  }
}

/** Each certificate is issued by the next; the last need not be a root (chart default: the issuing CA only). */
function isUnbroken(chain: readonly X509Certificate[]): boolean {
  return (
    chain.length > 1 &&
    chain.slice(0, -1).every((certificate, index) => {
      const issuer = chain[index + 1];
      return issuer !== undefined && isIssuedBy(certificate, issuer);
    })
  );
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

/**
 * Every attribute asked for is there with its value; order and further attributes do not matter
 * (docs/contracts/compass.md#certificates).
 */
function hasSubject(certificate: X509Certificate, subject: string): boolean {
  const present = new Set(certificate.subject.split(/\n| \+ /).map(unescapeAttribute));
  return parseSubject(subject).every((attribute) => present.has(attribute));
}

function parseSubject(subject: string): string[] {
  return subject
    .split(/(?<!\\),/)
    .map((attribute) => unescapeAttribute(attribute.trim()))
    .filter((attribute) => attribute !== '');
}

/** RFC 2253 puts a backslash before a comma and the like. */
function unescapeAttribute(attribute: string): string {
  return attribute.replace(/\\(.)/g, '$1');
}
