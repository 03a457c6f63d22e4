import 'reflect-metadata';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as x509 from '@peculiar/x509';

/** PEM of a certificate and of its private key (PKCS#8). */
export interface CertificatePair {
  cert: string;
  key: string;
}

/** Everything that the servers and the administrator of one cluster authenticate with. Lives as long as the cluster. */
export interface ClusterCertificates {
  caCert: string;
  server: CertificatePair;
  admin: CertificatePair;
  controllerManager: CertificatePair;
  /** Files for the command line of kube-apiserver. */
  files: {
    ca: string;
    serverCert: string;
    serverKey: string;
    serviceAccountKey: string;
    serviceAccountPublicKey: string;
  };
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** Mints a throwaway CA with the certificates of one cluster and writes to `folder` what kube-apiserver reads from files. */
export async function createClusterCertificates(folder: string): Promise<ClusterCertificates> {
  const caKeys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: 'CN=test cluster CA',
    ...validity(),
    signingAlgorithm: algorithm,
    keys: caKeys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  });
  let serial = 1;
  const issue = async (subject: string, extensions: x509.Extension[]): Promise<CertificatePair> => {
    serial += 1;
    const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const cert = await x509.X509CertificateGenerator.create({
      serialNumber: serial.toString(16).padStart(2, '0'),
      subject,
      issuer: ca.subject,
      ...validity(),
      signingAlgorithm: algorithm,
      publicKey: keys.publicKey,
      signingKey: caKeys.privateKey,
      extensions: [new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true), ...extensions],
    });
    const key = x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
    return { cert: cert.toString('pem'), key };
  };
  const clientUse = new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]);
  const server = await issue('CN=kube-apiserver', [
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    new x509.SubjectAlternativeNameExtension([
      { type: 'ip', value: '127.0.0.1' },
      { type: 'dns', value: 'localhost' },
      { type: 'dns', value: 'kubernetes.default.svc' },
    ]),
  ]);
  const certificates = {
    caCert: ca.toString('pem'),
    server,
    admin: await issue('O=system:masters, CN=cluster-admin', [clientUse]),
    controllerManager: await issue('O=system:masters, CN=system:kube-controller-manager', [clientUse]),
  };
  return { ...certificates, files: await writeServerFiles(folder, certificates.caCert, server) };
}

function validity(): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  const hourMs = 3_600_000;
  return { notBefore: new Date(now - hourMs), notAfter: new Date(now + 48 * hourMs) };
}

async function writeServerFiles(
  folder: string,
  caCert: string,
  server: CertificatePair,
): Promise<ClusterCertificates['files']> {
  const serviceAccount = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const write = async (name: string, text: string): Promise<string> => {
    const file = path.join(folder, name);
    await writeFile(file, text, { mode: 0o600 });
    return file;
  };
  return {
    ca: await write('ca.crt', caCert),
    serverCert: await write('server.crt', server.cert),
    serverKey: await write('server.key', server.key),
    serviceAccountKey: await write('service-account.key', toPem(serviceAccount.privateKey)),
    serviceAccountPublicKey: await write('service-account.pub', toPem(serviceAccount.publicKey)),
  };
}

function toPem(key: KeyObject): string {
  return key.export({ format: 'pem', type: key.type === 'private' ? 'pkcs8' : 'spki' }).toString();
}
