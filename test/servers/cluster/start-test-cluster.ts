import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import type { Cluster as RealCluster } from './start-cluster.ts';
import { agentUser, keepUsedRights } from './used-rights.ts';

/** The API server that a behavioural test runs against: what the embedded and the real one have in common. */
export interface TestCluster {
  readonly url: string;
  /** Kubeconfig of an administrator. */
  readonly kubeconfigFile: string;
  /** Kubeconfig of the agent: on the real API server its ServiceAccount, with the rights of `manifests/rbac` alone. */
  readonly agentKubeconfigFile: string;
  /** Kubeconfig of a second agent: the same ServiceAccount with a token of its own, by which the audit log tells the two apart. */
  readonly secondAgentKubeconfigFile: string;
  readonly kind: 'embedded' | 'real';
  /** A user who may do everything that an agent could want, but for what is denied. */
  restrict(denied: readonly Denial[]): Promise<RestrictedUser>;
  /** Drops every connection and starts the API server again on the same port with the same data. */
  restart(): Promise<void>;
  /** Forgets the history up to now: watches that resume get 410. The real API server starts again for it. */
  compact(): Promise<void>;
  /** What only the real API server has: its store, its administrator's requests, and what it takes after a loss of all, and its log. */
  readonly real?: Pick<RealCluster, 'auditLog' | 'etcd' | 'prepare' | 'request'> & {
    /** Installs account and roles of the agent, and writes its kubeconfig anew. */
    readonly installAgentUser: () => Promise<string>;
  };
  stop(): Promise<void>;
}

export interface Denial {
  readonly verb: Verb;
  /** Plural, as in RBAC. */
  readonly resource: keyof typeof resourceGroups;
}

export interface RestrictedUser {
  readonly kubeconfigFile: string;
  /** Grants what was denied. */
  grant(): Promise<void>;
}

const verbs = ['get', 'list', 'watch', 'create', 'update', 'delete'] as const;
type Verb = (typeof verbs)[number];
const resourceGroups = {
  applications: 'applicationconnector.kyma-project.io',
  compassconnections: 'compass.kyma-project.io',
  'compassconnections/status': 'compass.kyma-project.io',
  events: '',
  leases: 'coordination.k8s.io',
  secrets: '',
} as const;

export interface TestClusterOptions {
  /** Which CRDs are installed: those of `manifests/` (default), those that the Go agent came with, or none. */
  readonly crds?: 'ours' | 'shipped' | 'none';
  /** Owned objects go with their owner also on the real API server, by its controller manager; the embedded one always does so. */
  readonly garbageCollector?: boolean;
}

const crdFolders = {
  ours: path.join(import.meta.dirname, '../../../manifests/crds'),
  shipped: path.join(import.meta.dirname, '../../data/fixtures/shipped-crds'),
};
const crdFiles = [
  'applications.applicationconnector.kyma-project.io.yaml',
  'compassconnections.compass.kyma-project.io.yaml',
];

/** Starts the API server that `UCL_TEST_CLUSTER` names: `embedded` (default) or `real`. */
export async function startTestCluster({
  crds = 'ours',
  garbageCollector = false,
}: TestClusterOptions = {}): Promise<TestCluster> {
  const kind = process.env.UCL_TEST_CLUSTER ?? 'embedded';
  if (kind === 'real') {
    const { startCluster } = await import('./start-cluster.ts');
    const cluster = await startCluster({ crds, garbageCollector });
    const { url, kubeconfigFile, restartApiServer, compact } = cluster;
    return {
      url,
      kubeconfigFile,
      agentKubeconfigFile: await installAgentUser(cluster),
      secondAgentKubeconfigFile: await cluster.kubeconfigFor({ ...agentUser, holder: 'second' }),
      kind,
      stop: async () => {
        await keepUsedRights(cluster);
        await cluster.stop();
      },
      restart: restartApiServer,
      compact,
      real: { ...cluster, installAgentUser: () => installAgentUser(cluster) },
      restrict: (denied) => restrict(cluster, denied),
    };
  }
  if (kind !== 'embedded') throw new Error(`UCL_TEST_CLUSTER must be embedded or real, not ${kind}.`);
  const { startKubeApi } = await import('../kube-api/start-kube-api.ts');
  const manifests = crds === 'none' ? [] : await readCrds(crds);
  const api = await startKubeApi({ crds: manifests });
  const { url, kubeconfigFile } = api;
  return {
    url,
    kubeconfigFile,
    agentKubeconfigFile: kubeconfigFile,
    secondAgentKubeconfigFile: kubeconfigFile,
    kind,
    stop: () => api.stop(),
    restart: () => api.restart(),
    compact: async () => api.compact(),
    async restrict(denied) {
      const rules = denied.map((rule) => api.deny(rule));
      return {
        kubeconfigFile,
        grant: async () => {
          for (const rule of rules) rule.remove();
        },
      };
    },
  };
}

async function installAgentUser(cluster: RealCluster): Promise<string> {
  const { code, stderr } = await cluster.kubectl([
    'apply',
    '-k',
    path.join(import.meta.dirname, '../../../manifests/rbac'),
  ]);
  if (code !== 0) throw new Error(`manifests/rbac was refused: ${stderr}`);
  return cluster.kubeconfigFor(agentUser);
}

async function restrict(cluster: RealCluster, denied: readonly Denial[]): Promise<RestrictedUser> {
  const name = 'restricted';
  const path = '/apis/rbac.authorization.k8s.io/v1';
  const toRole = (refused: readonly Denial[]) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name },
    rules: Object.entries(resourceGroups).map(([resource, group]) => ({
      apiGroups: [group],
      resources: [resource],
      verbs: verbs.filter((verb) => !refused.some((denial) => denial.resource === resource && denial.verb === verb)),
    })),
  });
  const kubeconfigFile = await cluster.kubeconfigFor({ serviceAccount: name, namespace: 'kyma-system' });
  // Applied, since an earlier test of the same file may have left it.
  const apply = async (refused: readonly Denial[]) => {
    const url = `${path}/clusterroles/${name}?fieldManager=test&force=true`;
    await cluster.request('PATCH', url, toRole(refused), 'application/apply-patch+yaml');
  };
  await apply(denied);
  await cluster.request('POST', `${path}/clusterrolebindings`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name },
    subjects: [{ kind: 'ServiceAccount', name, namespace: 'kyma-system' }],
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
  });
  return {
    kubeconfigFile,
    grant: () => apply([]),
  };
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
