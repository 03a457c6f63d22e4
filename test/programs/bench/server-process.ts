import { startCluster } from '../../servers/cluster/start-cluster.ts';
import { readCrds } from '../../servers/cluster/start-test-cluster.ts';
import { startKubeApi } from '../../servers/kube-api/start-kube-api.ts';
import { generateLandscape } from '../../servers/ucl/generate-landscape.ts';
import { startUcl, type Ucl } from '../../servers/ucl/start-ucl.ts';
import { type Counts, command, type Ready, type ServerCommand } from './server-messages.ts';

/**
 * UCL and the Kubernetes API in a process of their own, so that their work and memory are none of the agent's:
 * Arguments: `<embedded|real> <systems> <bundles>`. It has a channel to the parent, whose end ends it.
 */

/** As whom the agent talks to the Kubernetes API; its requests alone are counted. */
const agentName = 'ucl-agent';

interface BenchCluster {
  readonly adminKubeconfig: string;
  readonly agentKubeconfig: string;
  /** What the agent has asked since `forget`, as `verb resource`. */
  requests(): Promise<string[]>;
  forget(): Promise<void>;
  stop(): Promise<void>;
}

async function startEmbedded(): Promise<BenchCluster> {
  const api = await startKubeApi({ crds: await readCrds('ours') });
  return {
    adminKubeconfig: api.kubeconfigFile,
    agentKubeconfig: await api.kubeconfigFor(agentName),
    requests: async () =>
      api.requests
        .all()
        .filter(({ user }) => user === agentName)
        .map(toKind),
    forget: async () => api.requests.clear(),
    stop: () => api.stop(),
  };
}

async function startReal(): Promise<BenchCluster> {
  const cluster = await startCluster();
  const user = { serviceAccount: agentName, namespace: 'kyma-system' };
  const agentKubeconfig = await cluster.kubeconfigFor(user);
  await cluster.request('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: agentName },
    subjects: [{ kind: 'ServiceAccount', name: user.serviceAccount, namespace: user.namespace }],
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
  });
  const ofAgent = async () => {
    const entries = await cluster.auditLog();
    return entries.filter((entry) => entry.user === `system:serviceaccount:${user.namespace}:${user.serviceAccount}`);
  };
  let forgotten = 0;
  return {
    adminKubeconfig: cluster.kubeconfigFile,
    agentKubeconfig,
    requests: async () => (await ofAgent()).slice(forgotten).map(toKind),
    forget: async () => {
      forgotten = (await ofAgent()).length;
    },
    stop: () => cluster.stop(),
  };
}

function toKind({ verb, resource, subresource }: { verb: string; resource: string; subresource?: string }): string {
  return `${verb} ${resource}${subresource ? `/${subresource}` : ''}`;
}

/** The first page of the landscape also asks for the runtime. */
function toOperation(rootFields: readonly string[]): string {
  const fields = rootFields.filter((field) => field !== 'viewer');
  return fields.find((field) => field === 'applicationsForRuntime') ?? fields[0] ?? 'viewer';
}

function count(kinds: readonly string[]): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(kinds, (kind) => kind)].map(([kind, all]) => [kind, all.length]));
}

interface Running {
  readonly ucl: Ucl;
  readonly cluster: BenchCluster;
  readonly runtimeId: string;
  readonly applicationIds: readonly string[];
}

type Answer = Counts | { token: string } | { sentAt: number } | { done: true };

async function obey(wanted: ServerCommand, { ucl, cluster, runtimeId, applicationIds }: Running): Promise<Answer> {
  if (typeof wanted === 'object') {
    ucl.landscape.updateApplication(applicationIds[wanted.describe] ?? '', { description: wanted.description });
    return { done: true };
  }
  switch (wanted) {
    case 'token':
      return { token: ucl.landscape.requestOneTimeToken(runtimeId).token };
    case 'forget':
      ucl.requests.clear();
      await cluster.forget();
      return { done: true };
    case 'count':
      return {
        compass: count(ucl.requests.all().map(({ operations }) => toOperation(operations))),
        kubernetes: count(await cluster.requests()),
      };
    case 'last-page':
      return { sentAt: lastPageAt(ucl) };
  }
}

/** The log has it from just before the first byte. */
function lastPageAt({ requests }: Ucl): number {
  const page = requests.all({ operation: 'applicationsForRuntime' }).at(-1);
  if (page === undefined) throw new Error('UCL was asked for no page.');
  return page.at.getTime();
}

async function main([kind, apps, bundles]: readonly string[]): Promise<void> {
  const [ucl, cluster] = await Promise.all([startUcl(), kind === 'real' ? startReal() : startEmbedded()]);
  const { runtimeId, applicationIds } = generateLandscape(ucl.landscape, {
    apps: Number(apps),
    bundles: Number(bundles),
  });
  const send = (message: Ready | Answer) => void process.send?.(message);
  const answer = async (message: unknown): Promise<void> =>
    send(await obey(command.parse(message), { ucl, cluster, runtimeId, applicationIds }));
  process.on('message', (message) => {
    answer(message).catch((error: unknown) => {
      console.error(error);
      process.exitCode = 1;
      process.disconnect();
    });
  });
  process.on('disconnect', () => {
    void Promise.all([ucl.stop(), cluster.stop()]).then(() => process.exit());
  });
  send({
    adminKubeconfig: cluster.adminKubeconfig,
    agentKubeconfig: cluster.agentKubeconfig,
    uclCaFile: ucl.caFile,
    connectorUrl: ucl.connectorUrl,
    tenantId: ucl.landscape.tenantId,
    runtimeId,
  });
}

// The terminal sends Ctrl-C to both processes; the parent's end says when to stop here.
process.on('SIGINT', () => undefined);
await main(process.argv.slice(2));
