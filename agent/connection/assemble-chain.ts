import { X509Certificate } from 'node:crypto';
import { splitPem } from './inspect-credential.ts';
import type { ClientCredential, SignedCertificate } from './ucl-access.ts';

/** What is stored of the certificates that came beside the client's. */
export interface AssembledChain {
  /** PEM; the client's certificate first. */
  readonly chainPem: string;
  /** PEM; undefined: none of it ends a path from the client's certificate, so it says nothing of who signed that. */
  readonly caCertificatePem: string | undefined;
}

/** An answer has two or three. */
const maxCertificates = 32;

/**
 * Completes and orders the chain where that can be done out of all that came, and leaves it as it came where not. What
 * else a server may want of it shows in a call. Pure.
 * @param signed Its client certificate can be read.
 */
export function assembleChain(signed: SignedCertificate): AssembledChain {
  const { clientCertificatePem, certificateChainPem, caCertificatePem } = signed;
  const [leaf, ...others] = readAll(clientCertificatePem);
  if (leaf === undefined) return { chainPem: certificateChainPem, caCertificatePem: undefined };
  const chain = readAll(certificateChainPem);
  const authorities = readAll(caCertificatePem);
  const pool = unique([...others, ...chain, ...authorities].slice(0, maxCertificates)).filter(isOther(leaf));
  const path = findPath(leaf, pool);
  const wanted = [leaf, ...(path.length > 0 ? path : unique(chain).filter(isOther(leaf)))];
  const isAsItCame = isSame(chain, wanted);
  return {
    chainPem: isAsItCame ? certificateChainPem : wanted.map(toText).join(''),
    caCertificatePem: isAuthority(leaf, pool, authorities, caCertificatePem) ? caCertificatePem : undefined,
  };
}

/** A chain that can be sent: the client's certificate comes first, or stands alone where the rest cannot be read. */
export function toSendableChain(certificatePem: string, chainPem: string): string {
  const [leaf] = readAll(certificatePem);
  if (leaf === undefined || readAll(chainPem)[0]?.fingerprint256 === leaf.fingerprint256) return chainPem;
  return assembleChain({
    clientCertificatePem: certificatePem,
    certificateChainPem: chainPem,
    caCertificatePem: '',
  }).chainPem;
}

/** The certificates above the client's in a stored chain, PEM; undefined where none of them has signed it. */
export function issuersIn({ certificatePem, chainPem }: ClientCredential): string | undefined {
  const [leaf] = readAll(certificatePem);
  if (leaf === undefined) return undefined;
  const path = findPath(leaf, unique(readAll(chainPem)).filter(isOther(leaf)));
  return path.length === 0 ? undefined : path.map(toText).join('');
}

/** Every certificate of a PEM text that can be read. */
function readAll(pem: string): X509Certificate[] {
  return splitPem(pem)
    .slice(0, maxCertificates)
    .flatMap((block) => {
      try {
        return [new X509Certificate(block)];
      } catch {
        return [];
      }
    });
}

/** From the issuer of a certificate upwards, as far as it goes. */
function findPath(leaf: X509Certificate, pool: readonly X509Certificate[]): X509Certificate[] {
  const path: X509Certificate[] = [];
  for (let last = leaf; ; ) {
    const issuer = pool.find((each) => !path.includes(each) && each !== last && isIssuedBy(last, each));
    if (issuer === undefined) return path;
    path.push(issuer);
    last = issuer;
  }
}

/** Whether the whole of it can be read, and one of its certificates ends a path from the client's. */
function isAuthority(
  leaf: X509Certificate,
  pool: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
  pem: string,
): boolean {
  if (authorities.length === 0 || authorities.length !== pem.split('-----BEGIN').length - 1) return false;
  const fingerprints = new Set(authorities.map(({ fingerprint256 }) => fingerprint256));
  const reached = [leaf];
  for (const certificate of reached) {
    const issuers = pool.filter((each) => !reached.includes(each) && isIssuedBy(certificate, each));
    if (issuers.some(({ fingerprint256 }) => fingerprints.has(fingerprint256))) return true;
    reached.push(...issuers);
  }
  return false;
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  } catch {
    // A key of a kind that this Node does not know.
    return false;
  }
}

function isOther({ fingerprint256 }: X509Certificate) {
  return (certificate: X509Certificate) => certificate.fingerprint256 !== fingerprint256;
}

function unique(certificates: readonly X509Certificate[]): X509Certificate[] {
  return [...new Map(certificates.map((each) => [each.fingerprint256, each])).values()];
}

function isSame(left: readonly X509Certificate[], right: readonly X509Certificate[]): boolean {
  return (
    left.length === right.length &&
    left.every(({ fingerprint256 }, index) => fingerprint256 === right[index]?.fingerprint256)
  );
}

function toText(certificate: X509Certificate): string {
  return certificate.toString();
}
