import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';

/** The API server that a behavioural test runs against: what the embedded and the real one have in common. */
export interface TestCluster {
  readonly url: string;
  /** Kubeconfig of an administrator. */
  readonly kubeconfigFile: string;
  readonly kind: 'embedded' | 'real';
  stop(): Promise<void>;
}

export interface TestClusterOptions {
  /** Which CRDs are installed: those of `manifests/` (default), those that the Go agent came with, or none. */
  readonly crds?: 'ours' | 'shipped' | 'none';
}

const crdFolders = {
  ours: path.join(import.meta.dirname, '../../manifests/crds'),
  shipped: path.join(import.meta.dirname, '../fixtures/shipped-crds'),
};
const crdFiles = [
  'applications.applicationconnector.kyma-project.io.yaml',
  'compassconnections.compass.kyma-project.io.yaml',
];

/** Starts the API server that `UCL_TEST_CLUSTER` names: `embedded` (default) or `real`. */
export async function startTestCluster({ crds = 'ours' }: TestClusterOptions = {}): Promise<TestCluster> {
  const kind = process.env.UCL_TEST_CLUSTER ?? 'embedded';
  if (kind === 'real') {
    const { startCluster } = await import('./start-cluster.ts');
    const { url, kubeconfigFile, stop } = await startCluster({ crds });
    return { url, kubeconfigFile, kind, stop };
  }
  if (kind !== 'embedded') throw new Error(`UCL_TEST_CLUSTER must be embedded or real, not ${kind}.`);
  const { startKubeApi } = await import('../kube-api/start-kube-api.ts');
  const manifests = crds === 'none' ? [] : await readCrds(crds);
  const { url, kubeconfigFile, stop } = await startKubeApi({ crds: manifests });
  return { url, kubeconfigFile, kind, stop };
}

/** The CRD manifests of one kind of installation. */
export async function readCrds(crds: 'ours' | 'shipped'): Promise<object[]> {
  const texts = await Promise.all(crdFiles.map((file) => readFile(path.join(crdFolders[crds], file), 'utf8')));
  return texts.map((text) => {
    const manifest: unknown = parse(text);
    if (typeof manifest !== 'object' || manifest === null) throw new Error('A CRD manifest holds no object.');
    return manifest;
  });
}
