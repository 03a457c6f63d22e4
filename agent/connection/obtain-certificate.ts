import type { Time } from '../time/time.ts';
import { assembleChain } from './assemble-chain.ts';
import type { ConnectionFailure } from './connection-failure.ts';
import type { VerifiedCertificate } from './pairing-state.ts';
import type { Connector, KeySource } from './ports.ts';
import { verifyCertificate } from './verify-certificate.ts';

export type Obtained =
  | { readonly certificate: VerifiedCertificate; readonly failure: undefined }
  | { readonly certificate: undefined; readonly failure: ConnectionFailure };

/** Has a certificate for the key signed, and verifies it before anything is done with it. Throws what the port throws. */
export async function obtainCertificate(
  connector: Connector,
  { subject, privateKeyPem }: { subject: string; privateKeyPem: string },
  { keys, time }: { keys: KeySource; time: Pick<Time, 'now'> },
  signal: AbortSignal,
): Promise<Obtained> {
  const wanted = await keys.readSubject(subject);
  if (wanted === undefined) return { certificate: undefined, failure: { kind: 'subject-unreadable' } };
  const csr = await keys.createCertificateSigningRequest(subject, privateKeyPem);
  const signed = await connector.signCertificateSigningRequest(csr, signal);
  const { clientCertificatePem } = signed;
  const problems = verifyCertificate(clientCertificatePem, privateKeyPem, wanted, time.now());
  if (problems.length > 0) return { certificate: undefined, failure: { kind: 'certificate-unusable', problems } };
  return { certificate: { certificatePem: clientCertificatePem, ...assembleChain(signed) }, failure: undefined };
}
