import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { CommandResult } from '../../servers/cluster/create-kubectl.ts';
import { type Cluster, startCluster } from '../../servers/cluster/start-cluster.ts';

/** manifests/admission: which Secrets the agent's ServiceAccount may create, on a server that asks the policy. */

const root = path.join(import.meta.dirname, '../../..');
const manifests = path.join(root, 'manifests');
const fixtures = path.join(root, 'test/data/fixtures');
const namespace = 'kyma-system';
const refusal = 'the agent creates Secrets of type Opaque alone';
const tokenType = 'kubernetes.io/service-account-token';
/** The API server asks a new policy after a moment. */
const soon = { timeout: 30_000, interval: 200 };

let cluster: Cluster;
let folder: string;
let names = 0;

beforeAll(async () => {
  cluster = await startCluster({ crds: 'none' });
  folder = await mkdtemp(path.join(tmpdir(), 'ucl-agent-admission-'));
});

afterAll(async () => {
  await cluster.stop();
  await rm(folder, { recursive: true });
});

async function kubectl(args: readonly string[], input?: string): Promise<string> {
  const result = await cluster.kubectl([...args], input);
  expect(result, args.join(' ')).toMatchObject({ code: 0 });
  return result.stdout;
}

interface NewSecret {
  readonly type?: string;
  readonly name?: string;
  readonly annotations?: Record<string, string>;
  readonly namespace?: string;
}

function toSecret({ type, annotations, ...place }: NewSecret): string {
  names += 1;
  const metadata = { namespace, name: `secret-${names}`, ...place, ...(annotations && { annotations }) };
  return JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata, ...(type !== undefined && { type }) });
}

/** Somebody of the cluster: `create` for what is not there, `replace` for what is, both without asking before. */
async function openAs(serviceAccount: string) {
  const kubeconfig = ['--kubeconfig', await cluster.kubeconfigFor({ serviceAccount, namespace })];
  return {
    create: (secret: NewSecret): Promise<CommandResult> =>
      cluster.kubectl([...kubeconfig, 'create', '-f', '-'], toSecret(secret)),
    replace: (secret: NewSecret): Promise<CommandResult> =>
      cluster.kubectl([...kubeconfig, 'replace', '-f', '-'], toSecret(secret)),
  };
}

const tokenOfAnother: NewSecret = {
  type: tokenType,
  annotations: { 'kubernetes.io/service-account.name': 'default' },
};

/** Secrets that somebody made before, of types that the agent could not create. */
async function makeExistingSecrets(): Promise<NewSecret[]> {
  const secrets = [
    { name: 'cluster-client-certificates', type: 'example.com/pair' },
    { name: 'kyma-gateway-certs-cacert', type: 'example.com/trust', namespace: 'istio-system' },
  ];
  for (const secret of secrets) await kubectl(['create', '-f', '-'], toSecret(secret));
  return secrets;
}

async function expectPolicy(serviceAccount: string, existing: readonly NewSecret[]): Promise<void> {
  const agent = await openAs(serviceAccount);
  await expect.poll(async () => (await agent.create(tokenOfAnother)).stderr, soon).toContain(refusal);
  for (const type of [tokenType, 'bootstrap.kubernetes.io/token', 'example.com/any']) {
    expect((await agent.create({ ...tokenOfAnother, type })).stderr).toContain(refusal);
  }
  expect((await agent.create({ ...tokenOfAnother, namespace: 'istio-system' })).stderr).toContain(refusal);
  expect(await agent.create({ type: 'Opaque' })).toMatchObject({ code: 0 });
  expect(await agent.create({})).toMatchObject({ code: 0 });
  for (const secret of existing) {
    const changed = { ...secret, annotations: { 'example.com/changed': String(names) } };
    expect(await agent.replace(changed)).toMatchObject({ code: 0 });
  }
}

/** Nobody else is held to it. */
async function expectOthersFree(): Promise<void> {
  expect((await cluster.kubectl(['create', '-f', '-'], toSecret(tokenOfAnother))).code).toBe(0);
  const other = await openAs('somebody-else');
  expect(await other.create(tokenOfAnother)).toMatchObject({ code: 0 });
}

async function grantToOther(): Promise<void> {
  const name = 'somebody-else';
  await kubectl(['create', 'role', name, '-n', namespace, '--verb=create', '--resource=secrets']);
  const subject = `--serviceaccount=${namespace}:${name}`;
  await kubectl(['create', 'rolebinding', name, '-n', namespace, `--role=${name}`, subject]);
}

describe('The policy over the Secrets of the agent', () => {
  let existing: NewSecret[];

  test('stands alone beside the module, and binds the ServiceAccount of the module and nobody else', async () => {
    const manager = ['--server-side', '--field-manager=application-connector-manager'];
    for (const part of ['shipped-crds', 'module-manager']) {
      await kubectl(['apply', ...manager, '-f', path.join(fixtures, part)]);
    }
    existing = await makeExistingSecrets();
    await grantToOther();
    const agent = await openAs('compass-runtime-agent');
    expect(await agent.create(tokenOfAnother)).toMatchObject({ code: 0 });

    await kubectl(['apply', '-k', path.join(manifests, 'admission')]);
    await kubectl(['apply', '-k', path.join(manifests, 'rbac')]);
    await expectPolicy('compass-runtime-agent', existing);
    await expectOthersFree();
    expect(await kubectl(['get', 'clusterrole', 'ucl-agent-admission', '-o', 'jsonpath={.rules}'])).toMatch(
      /^(null)?$/,
    );
  });

  test('comes with the takeover, and changes nothing when it is applied again', async () => {
    await kubectl(['delete', '-k', path.join(manifests, 'admission')]);
    await kubectl(['apply', '-k', manifests]);
    await expectPolicy('compass-runtime-agent', existing);
    await expectOthersFree();
    const lines = (await kubectl(['apply', '-k', path.join(manifests, 'admission')])).trim().split('\n');
    expect(lines.filter((line) => !line.endsWith(' unchanged'))).toEqual([]);
  });

  test('lets the Go agent write what it writes after the hand-back, and is taken away by one command', async () => {
    const force = ['--server-side', '--force-conflicts', '--field-manager=application-connector-manager'];
    await kubectl(['apply', ...force, '-f', path.join(fixtures, 'module-manager')]);
    const goAgent = await openAs('compass-runtime-agent');
    expect(await goAgent.create({})).toMatchObject({ code: 0 });
    for (const secret of existing) expect(await goAgent.replace(secret)).toMatchObject({ code: 0 });

    const page = await readFile(path.join(root, 'docs/migration.md'), 'utf8');
    const command = page.split('\n').find((line) => line.includes('kubectl delete -k manifests/admission'));
    const [, ...args] = (command ?? 'nothing').trim().replace('manifests/', `${manifests}/`).split(' ');
    await kubectl(args);
    const left = 'validatingadmissionpolicies,validatingadmissionpolicybindings,clusterroles,clusterrolebindings';
    expect(await kubectl(['get', left, '-o', 'name'])).not.toContain('ucl-agent-');
    await expect.poll(async () => (await goAgent.create(tokenOfAnother)).code, soon).toBe(0);
  });
});

describe('An overlay', () => {
  async function writeOverlay(name: string, kustomization: object): Promise<string> {
    const overlay = path.join(folder, name);
    await cp(path.join(manifests, 'samples/overlay-kustomization.yaml'), path.join(overlay, 'kustomization.yaml'));
    const sample: unknown = parse(await readFile(path.join(overlay, 'kustomization.yaml'), 'utf8'));
    await writeFile(path.join(overlay, 'kustomization.yaml'), stringify({ ...Object(sample), ...kustomization }));
    await symlink(manifests, path.join(folder, 'manifests')).catch(() => undefined);
    return overlay;
  }

  test('that names another ServiceAccount carries the policy over to it', async () => {
    const renamed = {
      target: { kind: 'ServiceAccount', name: 'compass-runtime-agent' },
      options: { allowNameChange: true },
      patch: stringify([{ op: 'replace', path: '/metadata/name', value: 'landscape-agent' }]),
    };
    await kubectl(['apply', '-k', await writeOverlay('renamed', { patches: [renamed] })]);
    await expectPolicy('landscape-agent', []);
    await expectOthersFree();
  });

  test('leaves the policy out as docs/installation.md says, for a server that does not know its kind', async () => {
    const page = await readFile(path.join(root, 'docs/installation.md'), 'utf8');
    const section = page.slice(page.indexOf('\n### Before Kubernetes 1.30\n'));
    const [, block = ''] = /```yaml\n([\s\S]*?)```/.exec(section) ?? [];
    const overlay = await writeOverlay('older', Object(parse(block)));
    const rendered = await kubectl(['kustomize', overlay]);
    const whole = await kubectl(['kustomize', manifests]);
    const kinds = (text: string) => [...text.matchAll(/^kind: (\w+)$/gm)].map(([, kind]) => kind);
    expect(kinds(whole).filter((kind) => kind?.startsWith('ValidatingAdmission'))).toHaveLength(2);
    expect(kinds(rendered)).toEqual(kinds(whole).filter((kind) => !kind?.startsWith('ValidatingAdmission')));
  });
});
