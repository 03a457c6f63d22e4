import { randomUUID } from 'node:crypto';
import { generateKeys, rsa, toPem } from '../../data/builders/key-pairs.ts';
import { subjectFor } from './certificate-authority.ts';
import type { Ucl } from './start-ucl.ts';

export interface MintOptions {
  runtimeId: string;
  /** The common name; a new one by default. */
  systemAuthId?: string;
  notBefore?: Date;
  notAfter?: Date;
}

/** A certificate identity that the embedded UCL knows; all texts PEM, the key PKCS#1. */
export interface MintedIdentity {
  systemAuthId: string;
  key: string;
  clientCertificate: string;
  caCertificate: string;
  certificateChain: string;
}

/** Makes a key and a certificate without the Connector, as an earlier installation would have left them. */
export async function mintIdentity(ucl: Ucl, options: MintOptions): Promise<MintedIdentity> {
  const systemAuthId = options.systemAuthId ?? randomUUID();
  ucl.landscape.addSystemAuth(options.runtimeId, systemAuthId);
  const keys = await generateKeys(rsa);
  const notBefore = options.notBefore ?? new Date();
  const issued = await ucl.authority.issue({
    subject: subjectFor(systemAuthId).split(',').reverse().join(', '),
    publicKey: keys.publicKey,
    notBefore,
    notAfter: options.notAfter ?? new Date(notBefore.getTime() + 2160 * 60 * 60 * 1000),
  });
  return { systemAuthId, key: await toPem(keys.privateKey, 'pkcs1'), ...issued };
}
