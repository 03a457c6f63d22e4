import { createPrivateKey, createPublicKey, generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import type { SubjectAttribute } from './ports.ts';

const signing = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } as const;

/** A new RSA key as PKCS#1 PEM, the form that the predecessor stores and reads. RSA, since Connector's CA refuses others. */
export async function generatePrivateKey(modulusLength: number): Promise<string> {
  // The key keeps another thread busy for a second; what its request needs is loaded meanwhile.
  const [{ privateKey }] = await Promise.all([promisify(generateKeyPair)('rsa', { modulusLength }), loadX509()]);
  return privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
}

/**
 * A certificate signing request that repeats the subject exactly as Connector asked for it, in the form that
 * Connector takes: standard base64 of one PEM block (docs/contracts/compass.md#csr).
 */
export async function createCertificateSigningRequest(subject: string, privateKeyPem: string): Promise<string> {
  const { Pkcs10CertificateRequestGenerator } = await loadX509();
  const key = createPrivateKey(privateKeyPem);
  const [privateKey, publicKey] = await Promise.all([
    crypto.subtle.importKey('pkcs8', key.export({ type: 'pkcs8', format: 'der' }), signing, true, ['sign']),
    crypto.subtle.importKey('spki', createPublicKey(key).export({ type: 'spki', format: 'der' }), signing, true, [
      'verify',
    ]),
  ]);
  const request = await Pkcs10CertificateRequestGenerator.create(
    { name: subject, keys: { privateKey, publicKey }, signingAlgorithm: signing },
    crypto,
  );
  return Buffer.from(`${request.toString('pem')}\n`).toString('base64');
}

/** The attributes of a subject's text as the request bears them; undefined where no request can be made of it. */
export async function readSubject(subject: string): Promise<SubjectAttribute[] | undefined> {
  const { Name } = await loadX509();
  try {
    // From the encoded name: values that stand for bytes (`#04...`) are only read when it is made.
    const name = new Name(new Name(subject).toArrayBuffer()).toJSON();
    const attributes = name.flatMap((part) =>
      Object.entries(part).flatMap(([type, values]) => values.map((value) => [type, String(value)] as const)),
    );
    return attributes.length === 0 ? undefined : attributes;
  } catch {
    return undefined;
  }
}

/** Loaded when needed only: pairing and renewal are rare, and the ASN.1 schemas cost memory all the time. */
async function loadX509() {
  await import('reflect-metadata');
  return import('@peculiar/x509');
}
