import { createPrivateKey, createPublicKey, hash, type KeyObject, sign } from 'node:crypto';
import type { KeySource } from '../../../agent/connection/ports.ts';

/*
 * Keys and certificates that cost nothing: Ed25519 keys that follow from their number, and X.509 certificates of the
 * fewest fields. The agent reads, compares and verifies them as any others.
 */

export interface PooledKey {
  readonly number: number;
  readonly pem: string;
  readonly key: KeyObject;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicDer: Buffer;
}

const keys: PooledKey[] = [];
const numbers = new Map<string, number>();
const certificates = new Map<string, string>();
const authorityNumber = 0;
const subjectPrefix = 'O=Org,OU=Unit,L=Place,ST=State,C=DE';

/** The key of that number; made once for all histories of a process. */
export function keyOf(number: number): PooledKey {
  const known = keys[number];
  if (known !== undefined) return known;
  const seed = hash('sha256', `key ${number}`, 'buffer');
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const pem = key.export({ format: 'pem', type: 'pkcs8' }).toString();
  const made = { number, pem, key, publicDer: createPublicKey(key).export({ format: 'der', type: 'spki' }) };
  keys[number] = made;
  numbers.set(pem, number);
  return made;
}

/** The number of a key; undefined for a text that is none of them. */
export function numberOf(pem: string): number | undefined {
  return numbers.get(pem);
}

/** A source of keys that gives the next with each call; its requests for certificates name subject and key. */
export function createKeySource(): KeySource {
  let given = authorityNumber;
  return {
    generatePrivateKey: async () => {
      given += 1;
      return keyOf(given).pem;
    },
    createCertificateSigningRequest: async (subject, privateKeyPem) =>
      Buffer.from(JSON.stringify({ subject, key: numberOf(privateKeyPem) })).toString('base64'),
    readSubject: async (subject) =>
      subject.split(',').map((part) => {
        const [type = '', value = ''] = part.split('=');
        return [type, value] as const;
      }),
  };
}

export interface CertificateRequest {
  readonly subject: string;
  readonly key: number;
}

export function readRequest(csr: string): CertificateRequest {
  const { subject, key } = JSON.parse(Buffer.from(csr, 'base64').toString());
  return { subject: String(subject), key: Number(key) };
}

/** As Connector asks for it. */
export function subjectOf(authId: string): string {
  return `${subjectPrefix},CN=${authId}`;
}

/** The certificate of an identity, PEM. Whole seconds count. */
export function certify(authId: string, key: number, from: Date, to: Date): string {
  const [start, end] = [from, to].map((date) => Math.floor(date.getTime() / 1000));
  const name = `${authId}/${key}/${start}/${end}`;
  const known = certificates.get(name);
  if (known !== undefined) return known;
  const pem = writeCertificate(subjectOf(authId), keyOf(key).publicDer, from, to);
  certificates.set(name, pem);
  return pem;
}

/** The last byte of the identifiers 2.5.4.x of a name's parts. */
const attributeTypes: Readonly<Record<string, number>> = { CN: 3, C: 6, L: 7, ST: 8, O: 10, OU: 11 };

const authoritySubject = 'O=Org,CN=Authority';
const longAgo = new Date('2020-01-01T00:00:00Z');
const farAhead = new Date('2049-01-01T00:00:00Z');

export const authorityPem = writeCertificate(authoritySubject, keyOf(authorityNumber).publicDer, longAgo, farAhead);

function writeCertificate(subject: string, publicDer: Buffer, from: Date, to: Date): string {
  const algorithm = encode(0x30, Buffer.from('06032b6570', 'hex'));
  const toBeSigned = encode(
    0x30,
    encode(0x02, Buffer.from([2])),
    algorithm,
    encodeName(authoritySubject),
    encode(0x30, encodeTime(from), encodeTime(to)),
    encodeName(subject),
    publicDer,
  );
  const signature = sign(null, toBeSigned, keyOf(authorityNumber).key);
  const der = encode(0x30, toBeSigned, algorithm, encode(0x03, Buffer.from([0]), signature));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

/** One DER element. */
function encode(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head =
    length < 128 ? [tag, length] : length < 256 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from(head), content]);
}

function encodeName(name: string): Buffer {
  const parts = name.split(',').map((part) => {
    const [type = '', value = ''] = part.split('=');
    const identifier = Buffer.from([0x06, 0x03, 0x55, 0x04, attributeTypes[type] ?? 3]);
    return encode(0x31, encode(0x30, identifier, encode(0x0c, Buffer.from(value))));
  });
  return encode(0x30, ...parts);
}

function encodeTime(date: Date): Buffer {
  return encode(0x17, Buffer.from(`${date.toISOString().replace(/\.\d+/, '').replace(/[-:T]/g, '').slice(2)}`));
}
