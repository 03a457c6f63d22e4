import { createPrivateKey, X509Certificate } from 'node:crypto';
import { AgentError } from '../errors/agent-error.ts';
import type { ClientPair, SignedCertificate } from './ports.ts';

/**
 * NotBefore is the moment of signing by the server's clock (Compass contract 1: no backdating), so a cluster whose
 * clock is behind sees a certificate from the future.
 */
const toleratedClockSkewMs = 60 * 60 * 1000;

/** What the agent wants to know of a stored certificate. */
export interface CertificateFacts {
  notBefore: Date;
  notAfter: Date;
  keyMatches: boolean;
  /** sha256 of the DER, colon-separated hex. */
  fingerprint: string;
}

/** Reads a stored pair; undefined when certificate or key cannot be parsed. */
export function inspectPair(pair: ClientPair): CertificateFacts | undefined {
  try {
    const certificate = new X509Certificate(pair.certificatePem);
    return {
      notBefore: certificate.validFromDate,
      notAfter: certificate.validToDate,
      keyMatches: certificate.checkPrivateKey(createPrivateKey(pair.privateKeyPem)),
      fingerprint: certificate.fingerprint256,
    };
  } catch {
    return undefined;
  }
}

/** The certificates above the client's in a stored chain, PEM: what Connector answered as `caCertificate`. */
export function issuersIn({ chainPem }: ClientPair): string | undefined {
  const [, ...issuers] = chainPem.match(pemBlock) ?? [];
  return issuers.length === 0 ? undefined : `${issuers.join('\n')}\n`;
}

const pemBlock = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Checks what Connector signed before anything is stored: a certificate that does not fit its key, is not valid now,
 * or bears another subject would lock the agent out and the token is spent already.
 * @throws AgentError `CertificateRejected` naming every check that failed.
 */
export function verifySignedCertificate(
  signed: SignedCertificate,
  privateKeyPem: string,
  subject: string,
  now: Date,
): ClientPair {
  const problems = findProblems(signed, privateKeyPem, subject, now);
  if (problems.length > 0) {
    throw new AgentError(
      'CertificateRejected',
      `The certificate that Compass signed is not usable: ${problems.join('; ')}.`,
      {
        next: 'stall',
        remedy:
          'Check the clocks of this cluster, then put a new one-time token into the configuration Secret. If it happens again, report it to the operators of Compass.',
      },
    );
  }
  return { certificatePem: signed.clientCertificatePem, privateKeyPem, chainPem: signed.certificateChainPem };
}

function findProblems(signed: SignedCertificate, privateKeyPem: string, subject: string, now: Date): string[] {
  const [client] = parseCertificates(signed.clientCertificatePem);
  const chain = parseCertificates(signed.certificateChainPem);
  if (client === undefined) return ['it cannot be parsed'];
  const problems: string[] = [];
  if (!client.checkPrivateKey(createPrivateKey(privateKeyPem))) problems.push('it belongs to another key');
  if (client.validToDate <= now) problems.push(`it expired at ${client.validToDate.toISOString()}`);
  if (client.validFromDate.getTime() > now.getTime() + toleratedClockSkewMs) {
    problems.push(`it is not valid before ${client.validFromDate.toISOString()}`);
  }
  if (!hasSubject(client, subject)) problems.push('its subject is not the one that was asked for');
  if (parseCertificates(signed.caCertificatePem).length === 0)
    problems.push('the certificate of the authority is missing');
  if (chain[0]?.fingerprint256 !== client.fingerprint256) problems.push('the chain does not begin with it');
  else if (!isUnbroken(chain)) problems.push('the chain lacks the certificate of its issuer');
  return problems;
}

/** All certificates of a PEM text; empty when one of them is broken. */
function parseCertificates(pem: string): X509Certificate[] {
  const blocks = pem.match(pemBlock) ?? [];
  try {
    return blocks.map((block) => new X509Certificate(block));
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

/** Every attribute asked for is there with its value; order and further attributes do not matter (Compass contract 6). */
function hasSubject(certificate: X509Certificate, subject: string): boolean {
  const present = new Set(certificate.subject.split(/\n| \+ /));
  return parseSubject(subject).every((attribute) => present.has(attribute));
}

function parseSubject(subject: string): string[] {
  return subject
    .split(/(?<!\\),/)
    .map((attribute) => attribute.trim().replace(/\\(.)/g, '$1'))
    .filter((attribute) => attribute !== '');
}
