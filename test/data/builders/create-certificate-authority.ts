import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { type CertifiedKey, ecdsa, generateKeys, type KeyAlgorithm, toPem } from './key-pairs.ts';

export interface AuthorityOptions {
  /** `CN=...`, or more of a distinguished name. OpenSSL tries only the first of two trusted ones of the same name. */
  name: string;
  /** ECDSA by default. */
  algorithm?: KeyAlgorithm;
}

/** A certificate to be written: valid since yesterday and for ten years, unless it says otherwise. */
export interface Certificate {
  subject: x509.JsonName | string;
  /** A server's is good for these addresses and names. */
  use: 'client' | { server: readonly string[] };
  notBefore?: Date;
  notAfter?: Date;
  /** Hexadecimal; random by default. */
  serialNumber?: string;
}

/** A certificate authority that lives as long as one test. All texts are PEM. */
export interface CertificateAuthority {
  readonly cert: string;
  /** Certifies a key that somebody has. */
  certify(publicKey: x509.PublicKey | CryptoKey, certificate: Certificate): Promise<string>;
  /** Makes an ECDSA key and certifies it. */
  issue(certificate: Certificate): Promise<CertifiedKey>;
}

/** For a server on loopback. */
export const loopback: Certificate = { subject: 'CN=localhost', use: { server: ['127.0.0.1', 'localhost'] } };

const dayMs = 24 * 60 * 60 * 1000;

x509.cryptoProvider.set(crypto);

export async function createCertificateAuthority(options: AuthorityOptions): Promise<CertificateAuthority> {
  const { name, algorithm = ecdsa } = options;
  const keys = await generateKeys(algorithm);
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    ...withDefaults({}),
    name,
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const certify: CertificateAuthority['certify'] = async (publicKey, { subject, use, ...wanted }) => {
    const certificate = await x509.X509CertificateGenerator.create({
      ...withDefaults(wanted),
      subject,
      publicKey,
      issuer: authority.subjectName,
      signingKey: keys.privateKey,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        ...toExtensions(use),
        await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    return certificate.toString('pem');
  };
  return {
    cert: authority.toString('pem'),
    certify,
    issue: async (certificate) => {
      const own = await generateKeys(ecdsa);
      return { cert: await certify(own.publicKey, certificate), key: await toPem(own.privateKey) };
    },
  };
}

function withDefaults({ notBefore, notAfter, serialNumber }: Partial<Certificate>) {
  return {
    notBefore: notBefore ?? new Date(Date.now() - dayMs),
    notAfter: notAfter ?? new Date(Date.now() + 3650 * dayMs),
    // A leading byte below 0x80 keeps the number positive.
    serialNumber: serialNumber ?? `01${randomBytes(15).toString('hex')}`,
  };
}

function toExtensions(use: Certificate['use']): x509.Extension[] {
  if (use === 'client') return [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])];
  const names = use.server.map((value) => ({ type: isAddress(value) ? 'ip' : 'dns', value }) as const);
  return [
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    new x509.SubjectAlternativeNameExtension(names),
  ];
}

function isAddress(name: string): boolean {
  return /^[\d.]+$|:/.test(name);
}
