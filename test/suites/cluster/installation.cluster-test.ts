import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { findBinaries } from '../../servers/cluster/cluster-binaries.ts';
import { type Cluster, startCluster } from '../../servers/cluster/start-cluster.ts';
import { readCommands } from './read-commands.ts';

const root = path.join(import.meta.dirname, '../../..');
const agentUser = { serviceAccount: 'compass-runtime-agent', namespace: 'kyma-system' };
const run = promisify(execFile);

let page: string;
let cluster: Cluster;
let folder: string;
let environment: NodeJS.ProcessEnv;

beforeAll(async () => {
  page = await readFile(path.join(root, 'docs/installation.md'), 'utf8');
});

beforeEach(async () => {
  const binaries = await findBinaries(process.env);
  if (binaries === undefined) throw new Error('No kubectl here: "npm run test:cluster" builds it.');
  cluster = await startCluster({ crds: 'none' });
  folder = await mkdtemp(path.join(tmpdir(), 'ucl-agent-installation-'));
  await cp(path.join(root, 'manifests'), path.join(folder, 'manifests'), { recursive: true });
  environment = {
    PATH: `${path.dirname(binaries.kubectl)}:${process.env.PATH}`,
    HOME: folder,
    KUBECONFIG: cluster.kubeconfigFile,
  };
  return async () => {
    await cluster.stop();
    await rm(folder, { recursive: true });
  };
});

async function shell(commands: string): Promise<string> {
  const { stdout } = await run('sh', ['-e', '-c', commands], { cwd: folder, env: environment, timeout: 60_000 });
  return stdout;
}

async function listNames(kinds: string): Promise<string[]> {
  const names = await shell(`kubectl get ${kinds} --all-namespaces --ignore-not-found -o name`);
  return names.split('\n').filter((name) => /compass|ucl-agent|kyma-project/.test(name));
}

/** The command of docs/operating.md that puts a new token into the configuration Secret. */
async function replaceToken(): Promise<void> {
  const operating = await readFile(path.join(root, 'docs/operating.md'), 'utf8');
  const command = operating.split('\n').find((line) => line.includes('--patch-file=/dev/stdin')) ?? 'false';
  await shell(`TOKEN=a-new-one; ${command}`);
  const read = "kubectl get secret compass-agent-configuration -n kyma-system -o jsonpath='{.data.TOKEN}' | base64 -d";
  expect(await shell(read)).toBe('a-new-one');
}

/** Inside its pod, `ucl-agent status` has the rights of the agent and no others. */
async function expectStatusCommand(): Promise<void> {
  const kubeconfig = await cluster.kubeconfigFor(agentUser);
  const status = [path.join(root, 'agent/main.ts'), '--kubeconfig', kubeconfig, 'status'];
  await expect(run(process.execPath, status, { env: environment })).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('There is no CompassConnection in this cluster'),
  });
}

describe('docs/installation.md', () => {
  test('installs the agent standalone, upgrades it, and leaves nothing after its removal', async () => {
    const install = readCommands(page, 'standalone', 'Standalone', 'Inside the Application Connector module');
    expect(install.length).toBeGreaterThan(4);
    for (const commands of install) await shell(commands);
    expect(await listNames('deployments,secrets,clusterroles,roles,crds')).toEqual(
      expect.arrayContaining([
        'deployment.apps/compass-runtime-agent',
        'secret/compass-agent-configuration',
        'clusterrole.rbac.authorization.k8s.io/ucl-agent',
        'customresourcedefinition.apiextensions.k8s.io/compassconnections.compass.kyma-project.io',
      ]),
    );
    await replaceToken();
    await expectStatusCommand();

    const [upgrade = '', ...others] = readCommands(page, 'standalone', 'Upgrade', 'Uninstall');
    expect(others).toEqual([]);
    expect((await shell(upgrade)).split('\n').filter((line) => line !== '' && !line.endsWith(' unchanged'))).toEqual(
      [],
    );

    for (const commands of readCommands(page, 'standalone', 'Uninstall')) await shell(commands);
    const kinds =
      'deployments,secrets,clusterroles,clusterrolebindings,roles,rolebindings,networkpolicies,crds,validatingadmissionpolicies,validatingadmissionpolicybindings';
    expect(await listNames(kinds)).toEqual([]);
  });

  test('completes the installation of the module with what the agent needs beyond it', async () => {
    for (const fixture of ['shipped-crds', 'module-manager']) {
      await shell(
        `kubectl apply --server-side --field-manager=application-connector-manager -f ${root}/test/data/fixtures/${fixture}`,
      );
    }
    const complete = readCommands(page, 'module', 'Inside the Application Connector module', 'Upgrade');
    expect(complete).toHaveLength(3);
    for (const commands of complete) await shell(commands);
    const deployment = parseAllDocuments(
      await shell('kubectl get deployment compass-runtime-agent -n kyma-system -o yaml'),
    )[0]?.toJS();
    expect(deployment).toMatchObject({ spec: { strategy: { type: 'Recreate' } } });
    const kubeconfig = await cluster.kubeconfigFor(agentUser);
    const question = `kubectl --kubeconfig ${kubeconfig} auth can-i watch applications.applicationconnector.kyma-project.io`;
    expect((await shell(question)).trim()).toBe('yes');
  });
});
