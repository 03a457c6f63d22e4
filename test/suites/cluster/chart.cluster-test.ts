import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { z } from 'zod';
import { type CommandResult, createKubectl } from '../../servers/cluster/create-kubectl.ts';
import { type Cluster, startCluster } from '../../servers/cluster/start-cluster.ts';
import { findDeliveryPrograms } from '../../servers/delivery/delivery-programs.ts';
import { writeChart } from './write-chart.ts';

/** The chart, by helm itself: what it renders, and what it does to a cluster. */

const root = path.join(import.meta.dirname, '../../..');
const manifests = path.join(root, 'manifests');
const chart = path.join(manifests, 'chart');
const deployment = 'deployment/compass-runtime-agent';
const everything: object = {
  image: { repository: 'registry.example.com/ucl-agent', digest: `sha256:${'0a'.repeat(32)}` },
  imagePullSecrets: [{ name: 'registry' }],
  replicas: 0,
  resources: { limits: { memory: '512Mi' } },
  nodeSelector: { 'kubernetes.io/arch': 'arm64' },
  tolerations: [{ operator: 'Exists' }],
  affinity: { nodeAffinity: {} },
  runtime: { eventsUrl: 'https://gateway.kyma.example.com', consoleUrl: 'https://console.kyma.example.com' },
  prune: { hold: 'approve' },
  proxy: { https: 'http://proxy.example.com:3128' },
  extraCa: { configMap: 'authorities' },
  env: { APP_LOG_LEVEL: 'debug', APP_CONTROLLER_SYNC_PERIOD: '60s' },
  networkPolicies: { extraEgressPorts: [3128] },
  admission: { enabled: false },
  monitoring: { serviceMonitor: { enabled: true, labels: { release: 'prometheus' }, interval: '15s' } },
};

const object = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().default('') }),
});
const variables = z.array(z.looseObject({ name: z.string() }));
const workload = z.looseObject({
  spec: z.looseObject({
    template: z.looseObject({
      spec: z.looseObject({ containers: z.tuple([z.looseObject({ env: variables })]) }),
    }),
  }),
});

let cluster: Cluster;
let folder: string;
/** Of the chart, which is that of the image. */
let version: string;
/** Runs helm in the namespace of the agent, or in the one that the arguments name last. */
let helm: (args: readonly string[]) => Promise<CommandResult>;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ucl-agent-chart-'));
  version = z
    .object({ version: z.string() })
    .parse(parse(await readFile(path.join(chart, 'Chart.yaml'), 'utf8'))).version;
  cluster = await startCluster({ crds: 'none' });
  const programs = await findDeliveryPrograms(process.env);
  if (programs === undefined) throw new Error('No helm here: "npm run test:cluster" builds it, for which it needs Go.');
  const { kubeconfigFile } = cluster;
  const runProgram = createKubectl({ file: programs.helm, kubeconfigFile, folder });
  helm = (args) => runProgram(['--namespace', 'kyma-system', ...args]);
  await kubectl('apply', '-k', path.join(manifests, 'crds'));
  const crds = ['applications.applicationconnector', 'compassconnections.compass'];
  const names = crds.map((name) => `crd/${name}.kyma-project.io`);
  await kubectl('wait', '--for=condition=Established', '--timeout=30s', ...names);
  for (const sample of ['application-manual', 'compassconnection-suspended']) {
    await kubectl('create', '-f', path.join(manifests, 'samples', `${sample}.yaml`));
  }
});

afterAll(async () => {
  await cluster.stop();
  await rm(folder, { recursive: true });
});

async function kubectl(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await cluster.kubectl(args);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}: ${stderr}`);
  return stdout;
}

async function runHelm(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await helm(args);
  if (code !== 0) throw new Error(`helm ${args.join(' ')} ended with ${code}: ${stderr}`);
  return stdout;
}

/** Objects by kind and name; variables in the order of their names, in which none depends on another. */
function toObjects(text: string): Map<string, z.infer<typeof object>> {
  const objects = parseAllDocuments(text).map((document) => object.parse(document.toJS()));
  for (const each of objects.filter(({ kind }) => kind === 'Deployment')) {
    const sorted = workload.parse(each);
    const [container] = sorted.spec.template.spec.containers;
    container.env.sort((one, other) => one.name.localeCompare(other.name));
    Object.assign(each, sorted);
  }
  return new Map(objects.map((each) => [`${each.kind} ${each.metadata.namespace}/${each.metadata.name}`, each]));
}

async function writeValues(values: object): Promise<string> {
  const file = path.join(folder, 'values.yaml');
  await writeFile(file, stringify(values));
  return file;
}

/** What nobody may lose. */
async function readKept(): Promise<string> {
  const uids = ['-o', 'jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.uid}{"\\n"}{end}'];
  return kubectl('get', 'applications,compassconnections,crds', ...uids);
}

async function readDeployment(field: string): Promise<string> {
  return kubectl('get', deployment, '-n', 'kyma-system', '-o', `jsonpath={${field}}`);
}

const image = '.spec.template.spec.containers[0].image';

describe('What the chart renders', () => {
  test('passes helm lint, and is field by field what kubectl renders of manifests/', async () => {
    expect(await runHelm('lint', '--strict', chart)).toContain('0 chart(s) failed');
    const byKustomize = toObjects(await kubectl('kustomize', manifests));
    expect(toObjects(await runHelm('template', 'ucl-agent', chart))).toEqual(byKustomize);
    expect(byKustomize.size).toBeGreaterThan(10);
  });

  test('is with its ServiceMonitor what the component of manifests/monitoring adds', async () => {
    const overlay = path.join(folder, 'monitored');
    await cp(manifests, path.join(folder, 'manifests'), { recursive: true });
    await mkdir(overlay);
    const kustomization = { resources: ['../manifests'], components: ['../manifests/monitoring/service-monitor'] };
    await writeFile(path.join(overlay, 'kustomization.yaml'), stringify(kustomization));
    const values = await writeValues({ monitoring: { serviceMonitor: { enabled: true } } });
    const rendered = toObjects(await runHelm('template', 'ucl-agent', chart, '--values', values));
    expect(rendered).toEqual(toObjects(await kubectl('kustomize', overlay)));
  });

  test('follows every value', async () => {
    const text = await runHelm('template', 'ucl-agent', chart, '--values', await writeValues(everything));
    const rendered = toObjects(text);
    const agent = rendered.get('Deployment kyma-system/compass-runtime-agent');
    const { template } = workload.parse(agent).spec;
    expect(agent).toMatchObject({ spec: { replicas: 0 } });
    expect(template.spec).toMatchObject({
      imagePullSecrets: [{ name: 'registry' }],
      nodeSelector: { 'kubernetes.io/arch': 'arm64' },
      tolerations: [{ operator: 'Exists' }],
      affinity: { nodeAffinity: {} },
      volumes: [{ name: 'extra-ca', configMap: { name: 'authorities' } }],
    });
    const [container] = template.spec.containers;
    expect(container).toMatchObject({
      image: `registry.example.com/ucl-agent@sha256:${'0a'.repeat(32)}`,
      resources: { requests: { memory: '128Mi' }, limits: { cpu: '1', memory: '512Mi' } },
      volumeMounts: [{ name: 'extra-ca', mountPath: '/etc/ucl-agent/extra-ca', readOnly: true }],
    });
    expect(Object.fromEntries(container.env.map(({ name, value }) => [name, value]))).toMatchObject({
      APP_AGENT_CONFIGURATION_SECRET: 'kyma-system/compass-agent-configuration',
      APP_CONTROLLER_SYNC_PERIOD: '60s',
      APP_LOG_LEVEL: 'debug',
      APP_PRUNE_HOLD: 'approve',
      APP_RUNTIME_CONSOLE_URL: 'https://console.kyma.example.com',
      APP_RUNTIME_EVENTS_URL: 'https://gateway.kyma.example.com',
      HTTPS_PROXY: 'http://proxy.example.com:3128',
      NO_PROXY: '$(KUBERNETES_SERVICE_HOST)',
      NODE_EXTRA_CA_CERTS: '/etc/ucl-agent/extra-ca/ca.crt',
    });
    expect(rendered.get('NetworkPolicy kyma-system/compass-runtime-agent-egress')).toMatchObject({
      spec: { egress: [{}, { ports: [{ port: 443 }, { port: 6443 }, { port: 3128 }] }] },
    });
    const monitor = rendered.get('ServiceMonitor kyma-system/compass-runtime-agent');
    expect(monitor).toMatchObject({
      metadata: { labels: { 'app.kubernetes.io/name': 'compass-runtime-agent', release: 'prometheus' } },
      spec: { endpoints: [{ interval: '15s' }] },
    });
    expect([...rendered.keys()].filter((name) => /admission/i.test(name))).toEqual([]);
  });

  test('is refused, with each value named, where the values have other types or names', async () => {
    const wrong = { replicas: 'one', replica: 1, image: { digest: 'latest' }, env: { APP_HEALTH_PORT: 8090 } };
    const { code, stderr } = await helm(['template', 'ucl-agent', chart, '--values', await writeValues(wrong)]);
    expect(code).not.toBe(0);
    for (const problem of [
      "at '/replicas': got string, want integer",
      "additional properties 'replica' not allowed",
      "at '/image/digest': 'latest' does not match pattern",
      "at '/env/APP_HEALTH_PORT': got number, want string",
    ]) {
      expect(stderr).toContain(problem);
    }
  });

  test('is refused for another namespace', async () => {
    const { code, stderr } = await helm(['template', 'ucl-agent', chart, '--namespace', 'default']);
    expect(code).not.toBe(0);
    expect(stderr).toContain('add --namespace kyma-system');
  });
});

describe('A release', () => {
  let kept: string;

  beforeAll(async () => {
    kept = await readKept();
    expect(kept.match(/^(Application|CompassConnection)\/.*$/gm)).toHaveLength(2);
  });

  test('is accepted by the server in a dry run, which creates nothing', async () => {
    const { code, stdout } = await helm(['install', 'ucl-agent', chart, '--dry-run=server']);
    expect(code).toBe(0);
    expect(stdout).toContain('kind: Deployment');
    expect(await kubectl('get', 'deployments', '-n', 'kyma-system', '-o', 'name')).toBe('');
  });

  test('is installed, upgraded to another version of the chart, and rolled back', async () => {
    const output = await runHelm('install', 'ucl-agent', chart);
    const page = await readFile(path.join(root, 'docs/installation.md'), 'utf8');
    const [, shown = ''] = /^\$ helm install .*my-values\.yaml\n([\s\S]*?)^```$/m.exec(page) ?? [];
    const time = /^LAST DEPLOYED: .*$/m;
    expect(output.replace(time, '').trim()).toBe(shown.replace(time, '').trim());
    expect(await readDeployment(image)).toBe(`ucl-agent:${version}`);
    const uid = await readDeployment('.metadata.uid');

    const newer = path.join(folder, 'newer');
    await writeChart(newer, '9.0.0');
    const values = await writeValues({ env: { APP_LOG_LEVEL: 'debug' } });
    await runHelm('upgrade', 'ucl-agent', newer, '--values', values);
    expect(await readDeployment(image)).toBe('ucl-agent:9.0.0');
    expect(await readDeployment('.spec.template.spec.containers[0].env[*].name')).toContain('APP_LOG_LEVEL');

    await runHelm('rollback', 'ucl-agent', '1');
    expect(await readDeployment(image)).toBe(`ucl-agent:${version}`);
    expect(await readDeployment('.spec.template.spec.containers[0].env[*].name')).not.toContain('APP_LOG_LEVEL');
    expect(await readDeployment('.metadata.uid')).toBe(uid);
    expect(await readKept()).toBe(kept);
  });

  test('is removed without the CRDs, the Applications and the CompassConnection', async () => {
    await runHelm('uninstall', 'ucl-agent');
    const installed = 'deployments,clusterroles,roles,networkpolicies,validatingadmissionpolicies';
    const left = await kubectl('get', installed, '-A', '-o', 'name');
    expect(left.split('\n').filter((name) => /compass|ucl-agent/.test(name))).toEqual([]);
    expect(await readKept()).toBe(kept);
  });

  test('takes over what kubectl apply -k has installed, and gives it back, the same Deployment all the while', async () => {
    await kubectl('apply', '-k', manifests);
    const uid = await readDeployment('.metadata.uid');
    const refused = await helm(['install', 'ucl-agent', chart]);
    expect(refused.stderr).toContain('cannot be imported into the current release');

    const values = await writeValues({ image: { repository: 'registry.example.com/ucl-agent' } });
    await runHelm('install', 'ucl-agent', chart, '--values', values, '--take-ownership', '--force-conflicts');
    expect(await readDeployment(image)).toBe(`registry.example.com/ucl-agent:${version}`);
    expect(await readDeployment('.metadata.uid')).toBe(uid);

    await kubectl('apply', '-k', manifests);
    await kubectl('delete', 'secret', '-n', 'kyma-system', '-l', 'owner=helm,name=ucl-agent');
    expect(await readDeployment(image)).toBe(`ucl-agent:${version}`);
    expect(await readDeployment('.metadata.uid')).toBe(uid);
    expect(await runHelm('list', '--short')).toBe('');
    expect(await readKept()).toBe(kept);
  });
});
