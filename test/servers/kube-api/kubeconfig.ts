import { readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import type { CertifiedKey } from '../../data/builders/key-pairs.ts';
import { arrayAt, type Json, type JsonObject, objectAt, stringAt } from './kube-object.ts';

/** Who a kubeconfig authenticates as. */
export type KubeconfigUser = { certificate: CertifiedKey } | { token: string };

/** Writes a kubeconfig with one cluster and one user; everything is embedded, so the file stands on its own. */
export async function writeKubeconfig(
  file: string,
  cluster: { url: string; ca: string },
  user: KubeconfigUser,
  namespace = 'default',
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
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', namespace } }],
    'current-context': 'test',
  };
  await writeFile(file, stringify(kubeconfig), { mode: 0o600 });
}

function toBase64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** What a kubeconfig's current context says about reaching a server; the certificates are PEM. */
export interface KubeconfigAccess {
  url: string;
  ca?: string;
  cert?: string;
  key?: string;
  token?: string;
}

/** Reads a kubeconfig with embedded or linked credentials. Plugins (`exec`) are not run. */
export async function readKubeconfig(file: string): Promise<KubeconfigAccess> {
  const config: Json = parse(await readFile(file, 'utf8'));
  const context = objectAt(entryNamed(config, 'contexts', stringAt(config, 'current-context')), 'context');
  const cluster = objectAt(entryNamed(config, 'clusters', stringAt(context, 'cluster')), 'cluster');
  const user = objectAt(entryNamed(config, 'users', stringAt(context, 'user')), 'user');
  const ca = await readPem(cluster, 'certificate-authority', file);
  const cert = await readPem(user, 'client-certificate', file);
  const key = await readPem(user, 'client-key', file);
  const tokenFile = stringAt(user, 'tokenFile');
  const token = stringAt(user, 'token') || (tokenFile === '' ? '' : (await readFile(tokenFile, 'utf8')).trim());
  return {
    url: stringAt(cluster, 'server'),
    ...(ca === '' ? {} : { ca }),
    ...(cert === '' ? {} : { cert }),
    ...(key === '' ? {} : { key }),
    ...(token === '' ? {} : { token }),
  };
}

function entryNamed(config: Json, list: string, name: string): Json | undefined {
  return arrayAt(config, list).find((entry) => stringAt(entry, 'name') === name);
}

async function readPem(source: JsonObject, key: string, kubeconfigFile: string): Promise<string> {
  const embedded = stringAt(source, `${key}-data`);
  if (embedded !== '') return Buffer.from(embedded, 'base64').toString('utf8');
  const linked = stringAt(source, key);
  return linked === '' ? '' : readFile(resolve(dirname(kubeconfigFile), linked), 'utf8');
}
