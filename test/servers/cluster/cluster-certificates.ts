import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createCertificateAuthority } from '../../data/builders/create-certificate-authority.ts';
import type { CertifiedKey } from '../../data/builders/key-pairs.ts';

/** Everything that the servers and the administrator of one cluster authenticate with. Lives as long as the cluster. */
export interface ClusterCertificates {
  caCert: string;
  server: CertifiedKey;
  admin: CertifiedKey;
  controllerManager: CertifiedKey;
  /** Another client; the subject is user and groups: `O=system:nodes, CN=system:node:one`. */
  issueClient(subject: string): Promise<CertifiedKey>;
  /** Files for the command line of kube-apiserver. */
  files: {
    ca: string;
    serverCert: string;
    serverKey: string;
    serviceAccountKey: string;
    serviceAccountPublicKey: string;
  };
}

/**
 * Mints a throwaway CA with the certificates of one cluster and writes to `folder` what kube-apiserver reads from files.
 * @param addresses of the API server besides loopback.
 */
export async function createClusterCertificates(
  folder: string,
  addresses: readonly string[] = [],
): Promise<ClusterCertificates> {
  const ca = await createCertificateAuthority({ name: 'CN=test cluster CA' });
  const server = await ca.issue({
    subject: 'CN=kube-apiserver',
    use: { server: ['127.0.0.1', ...addresses, 'localhost', 'kubernetes.default.svc'] },
  });
  const issueClient = (subject: string) => ca.issue({ subject, use: 'client' });
  const certificates = {
    caCert: ca.cert,
    server,
    admin: await issueClient('O=system:masters, CN=cluster-admin'),
    controllerManager: await issueClient('O=system:masters, CN=system:kube-controller-manager'),
    issueClient,
  };
  return { ...certificates, files: await writeServerFiles(folder, ca.cert, server) };
}

async function writeServerFiles(
  folder: string,
  caCert: string,
  server: CertifiedKey,
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
