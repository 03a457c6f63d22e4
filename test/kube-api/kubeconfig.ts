import { writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import type { KeyPair } from './throwaway-ca.ts';

/** Who a kubeconfig authenticates as. */
export type KubeconfigUser = { certificate: KeyPair } | { token: string };

/** Writes a kubeconfig with one cluster and one user; everything is embedded, so the file stands on its own. */
export async function writeKubeconfig(
  file: string,
  cluster: { url: string; ca: string },
  user: KubeconfigUser,
): Promise<void> {
  const credentials =
    'token' in user
      ? { token: user.token }
      : {
          'client-certificate-data': toBase64(user.certificate.cert),
          'client-key-data': toBase64(user.certificate.key),
        };
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server: cluster.url, 'certificate-authority-data': toBase64(cluster.ca) } }],
    users: [{ name: 'test', user: credentials }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  };
  await writeFile(file, stringify(kubeconfig), { mode: 0o600 });
}

function toBase64(text: string): string {
  return Buffer.from(text).toString('base64');
}
