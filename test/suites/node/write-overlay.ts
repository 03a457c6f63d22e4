import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';

const manifests = path.join(import.meta.dirname, '../../../manifests');

/** Where the authority of the embedded UCL stands in the pod. */
const caFolder = '/etc/embedded-ucl';
const volume = 'embedded-ucl';

/**
 * Writes an installation as a user keeps one: a folder beside `manifests/`, to be applied by `kubectl apply -k`. Beside
 * the settings it changes only what no real cluster has: UCL's servers are certified by an authority that nobody knows.
 * Gives the folder.
 * @param folder becomes the one that holds both.
 * @param caPem the authority of UCL's servers.
 * @param settings of the agent, by their variables.
 */
export async function writeOverlay(
  folder: string,
  caPem: string,
  settings: Readonly<Record<string, string>>,
): Promise<string> {
  const overlay = path.join(folder, 'my-cluster');
  await mkdir(overlay, { recursive: true });
  await symlink(manifests, path.join(folder, 'manifests'));
  await writeFile(path.join(overlay, 'ca.crt'), caPem);
  const container = '/spec/template/spec/containers/0';
  const variables = { NODE_EXTRA_CA_CERTS: `${caFolder}/ca.crt`, ...settings };
  const patch = [
    ...Object.entries(variables).map(([name, value]) => ({
      op: 'add',
      path: `${container}/env/-`,
      value: { name, value },
    })),
    { op: 'add', path: `${container}/volumeMounts`, value: [{ name: volume, mountPath: caFolder }] },
    { op: 'add', path: '/spec/template/spec/volumes', value: [{ name: volume, configMap: { name: volume } }] },
  ];
  await writeFile(
    path.join(overlay, 'kustomization.yaml'),
    stringify({
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      resources: ['../manifests'],
      configMapGenerator: [{ name: volume, namespace: 'kyma-system', files: ['ca.crt'] }],
      generatorOptions: { disableNameSuffixHash: true },
      patches: [{ target: { kind: 'Deployment', name: 'compass-runtime-agent' }, patch: stringify(patch) }],
    }),
  );
  return overlay;
}
