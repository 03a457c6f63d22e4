import { createPrivateKey } from 'node:crypto';

/** PEM of a certificate and of its private key, as Node's TLS takes them. */
export interface CertifiedKey {
  cert: string;
  key: string;
}

/** As UCL asks for. */
export const rsa = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength: 2048,
};
/** Quick to make. */
export const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

export type KeyAlgorithm = typeof rsa | typeof ecdsa;

export async function generateKeys(algorithm: KeyAlgorithm): Promise<CryptoKeyPair> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  if (!('privateKey' in keys)) throw new Error(`${algorithm.name} makes no pair of keys.`);
  return keys;
}

/** A private key as PEM; `pkcs1` is the form of RSA keys in the Secrets of the agent. */
export async function toPem(key: CryptoKey, type: 'pkcs1' | 'pkcs8' = 'pkcs8'): Promise<string> {
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', key));
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({ format: 'pem', type }).toString();
}
