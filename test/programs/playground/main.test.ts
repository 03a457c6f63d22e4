import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { shellWord } from '../../../agent/cli/shell-word.ts';
import { applicationType, compassConnectionType, secretType } from '../../../agent/kube/api/resource-type.ts';
import { writeKubeconfig } from '../../servers/kube-api/kubeconfig.ts';
import { type KubeApi, startKubeApi } from '../../servers/kube-api/start-kube-api.ts';
import {
  installMissing,
  openCluster,
  playgroundLabel,
  readApplicationSecrets,
  readOurs,
} from './playground-cluster.ts';
import { startPlayground } from './start-playground.ts';

const signal = new AbortController().signal;

async function startCluster() {
  const api = await startKubeApi();
  const client = openCluster(api.kubeconfigFile);
  onTestFinished(async () => {
    client.close();
    await api.stop();
  });
  return { api, client };
}

/** A CompassConnection and one Application, as a playground or a real agent leaves them. */
async function leaveObjects({ client }: Awaited<ReturnType<typeof startCluster>>, labels: Record<string, string>) {
  await installMissing(client, signal);
  await client.create(
    compassConnectionType,
    Object.assign({ metadata: { name: 'compass-connection', labels } }, connectionContent),
    signal,
  );
  const application = { metadata: { name: 'mp-left-behind', labels } };
  await client.create(applicationType, Object.assign(application, applicationContent), signal);
}

const connectionContent = {
  apiVersion: 'compass.kyma-project.io/v1alpha1',
  kind: 'CompassConnection',
  spec: { managementInfo: { directorUrl: '', connectorUrl: '' } },
};
const applicationContent = {
  apiVersion: 'applicationconnector.kyma-project.io/v1alpha1',
  kind: 'Application',
  spec: { compassMetadata: { applicationId: 'left-behind', authentication: { clientIds: [] } }, services: [] },
};

/** The kubeconfig of every command that is printed, by program, as one shell word; each has the same one. */
function clustersOf(stdout: string): { kubectl: string; agent: string } {
  const only = (start: string) => {
    const commands = stdout.split('\n').filter((line) => line.includes(start) && !line.trimStart().startsWith('#'));
    const words = commands.map((line) => / --kubeconfig ('(?:[^']|'\\'')*'|\S+)/.exec(line)?.[1] ?? line);
    expect(commands.length).toBeGreaterThan(1);
    return [...new Set(words)].join(' and ');
  };
  return { kubectl: only('kubectl'), agent: only('npm run') };
}

/** Nobody may have asked yet how a process ended whose parent has gone. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** The addresses on which a process listens. */
function listeners(pid: number): string[] {
  const sockets = readdirSync(`/proc/${pid}/fd`).flatMap((descriptor) => readSocket(`/proc/${pid}/fd/${descriptor}`));
  const rows = ['tcp', 'tcp6'].flatMap((file) => readFileSync(`/proc/net/${file}`, 'utf8').split('\n').slice(1));
  return rows.flatMap((row) => {
    const [, local = '', , state, , , , , , inode = ''] = row.trim().split(/\s+/);
    const [address = ''] = local.split(':');
    return state === '0A' && sockets.includes(inode) ? [address === '0100007F' ? '127.0.0.1' : address] : [];
  });
}

function readSocket(link: string): string[] {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(link))?.slice(1) ?? [];
  } catch {
    // Closed meanwhile.
    return [];
  }
}

function countWrites(api: KubeApi): number {
  return api.requests.count(({ verb }) => !['get', 'list', 'watch'].includes(verb));
}

describe('the playground', () => {
  test('pairs, syncs and compares a generated landscape, and prints one JSON document', async () => {
    const { code, stdout, stderr, leftFiles } = await startPlayground(
      ...['--once', '--output', 'json', '--apps', '30', '--bundles', '2'],
    ).ended;
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      applications: 30,
      secrets: 60,
      failures: 0,
      pairMs: expect.any(Number),
      syncMs: expect.any(Number),
      // The proof of the new certificate, one page of the landscape, and the runtime's two labels.
      directorRequests: 4,
      kubernetesRequests: expect.objectContaining({ create: expect.any(Number), watch: expect.any(Number) }),
      rssMiB: expect.any(Number),
      differences: [],
    });
    expect(leftFiles).toEqual([]);
  });

  test('shows steps, systems and things to try, and ends cleanly at Ctrl-C', async () => {
    const run = startPlayground();
    await run.seen('Ctrl-C ends the playground');
    const agentPid = run.agentPid();
    expect(process.kill(agentPid, 0)).toBe(true);
    if (process.platform === 'linux') {
      expect([...listeners(run.pid), ...listeners(agentPid)]).toEqual(Array.from({ length: 5 }, () => '127.0.0.1'));
    }
    run.interrupt();
    run.interrupt();
    const { code, stdout, stderr, leftFiles } = await run.ended;
    expect(code, stderr).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/mp-ariba-procurement +Ariba Procurement +2 +Basic +partly\n/);
    expect(stdout).toMatch(/mp-point-of-sale +東京店舗 Point of Sale +1 +Basic\+params +ready\n/);
    expect(stdout).toContain('\nmp-ariba-procurement: partly, UnsupportedCredential\n');
    expect(stdout).toContain('all are as they should be');
    expect(stdout).toContain('assignFormation');
    const [, file = ''] = /kubectl --kubeconfig (\S+)/.exec(stdout) ?? [];
    expect(clustersOf(stdout)).toEqual({ kubectl: file, agent: file });
    expect(stdout).not.toMatch(/invented-/);
    expect(() => process.kill(agentPid, 0)).toThrow('ESRCH');
    expect(leftFiles).toEqual([]);
  });

  test("works on a cluster with an earlier playground's objects, and leaves none of its own", async () => {
    const cluster = await startCluster();
    await leaveObjects(cluster, { [playgroundLabel]: 'true' });
    const { code, stdout, stderr } = await startPlayground('--once', '--kubeconfig', cluster.api.kubeconfigFile).ended;
    expect(code, stdout + stderr).toBe(0);
    expect(stdout).toContain('1 Applications of an earlier playground are removed');
    expect(await readOurs(cluster.client, signal)).toEqual({ connections: [], applications: [] });
    expect(await readApplicationSecrets(cluster.client, signal)).toEqual([]);
    const { items } = await cluster.client.list({ type: secretType, namespace: 'kyma-system' }, 500, signal);
    expect(items).toEqual([]);
  });

  test('names the cluster of the user in each command, down to what removes the rest', async () => {
    const cluster = await startCluster();
    const folder = await mkdtemp(join(tmpdir(), "the user's clusters "));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'admin.kubeconfig');
    await copyFile(cluster.api.kubeconfigFile, file);
    const run = startPlayground('--kubeconfig', file);
    await run.seen('Ctrl-C ends the playground');
    run.interrupt();
    const { code, stdout, stderr } = await run.ended;
    expect(code, stderr).toBe(0);
    expect(clustersOf(stdout)).toEqual({ kubectl: shellWord(file), agent: shellWord(file) });
    expect(stdout).toContain(
      `remove it by: kubectl --kubeconfig ${shellWord(file)} delete crd/applications.applicationconnector.kyma-project.io`,
    );
  });

  test('is alone on a cluster of the user, until it ends or another one takes its place', async () => {
    const cluster = await startCluster();
    const file = cluster.api.kubeconfigFile;
    const applications = async () =>
      (await readOurs(cluster.client, signal)).applications.map(({ metadata }) => metadata);
    const first = startPlayground('--kubeconfig', file);
    await first.seen('Ctrl-C ends the playground');
    const before = await applications();

    const refused = await startPlayground('--once', '--kubeconfig', file).ended;
    expect({ code: refused.code, stdout: refused.stdout }).toEqual({ code: 2, stdout: '' });
    expect(refused.stderr).toMatch(
      new RegExp(
        `^The cluster .* is in use by another playground: \\S+@\\S+, process ${first.pid}, [0-9a-f]{8}, seen \\d+ s ago\\. ` +
          `Nothing was written\\. .* take its place: npm run playground -- --kubeconfig ${file} --take-over\n$`,
      ),
    );
    expect(await applications()).toEqual(before);

    const second = startPlayground('--kubeconfig', file, '--take-over');
    await second.seen('Ctrl-C ends the playground');
    const { code, stdout } = await first.ended;
    expect(code, stdout).toBe(1);
    expect(stdout).toContain(`Another playground has taken the cluster over (`);
    expect(stdout).not.toContain('Removed from the cluster');
    expect(await applications()).toHaveLength(before.length);

    const agentPid = second.agentPid();
    second.crash();
    await second.ended;
    await vi.waitUntil(() => !isRunning(agentPid), 20_000);
    expect((await startPlayground('--once', '--kubeconfig', file).ended).code).toBe(2);
    const third = await startPlayground('--once', '--kubeconfig', file, '--take-over').ended;
    expect(third.code, third.stdout + third.stderr).toBe(0);
    expect(third.stdout).toContain(`${before.length} Applications of an earlier playground are removed`);
    expect(await applications()).toEqual([]);
    const fourth = await startPlayground('--once', '--kubeconfig', file).ended;
    expect(fourth.code, fourth.stdout + fourth.stderr).toBe(0);
  }, 240_000);

  test('refuses a cluster with a CompassConnection and an Application of somebody else before it writes', async () => {
    const cluster = await startCluster();
    await leaveObjects(cluster, {});
    const before = countWrites(cluster.api);
    const { code, stdout, stderr } = await startPlayground('--kubeconfig', cluster.api.kubeconfigFile).ended;
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(
      /^The cluster .* holds CompassConnection compass-connection, Application mp-left-behind, .*\n$/,
    );
    expect(countWrites(cluster.api)).toBe(before);
  });
});

describe('one clear line and code 2 are the answer to', () => {
  test.each([
    ['an unknown option', ['--twice'], "unknown option '--twice'"],
    ['a number that is none', ['--apps', 'many'], 'A whole number from 1 to 100000 is needed'],
    ['an argument', ['once'], 'too many arguments'],
    ['a take-over of nothing', ['--take-over'], '--take-over needs the cluster, by --kubeconfig <file>'],
    ['an unreadable kubeconfig', ['--kubeconfig', '/nowhere/kubeconfig'], '/nowhere/kubeconfig cannot be read'],
  ])('%s', async (_, args, message) => {
    const { code, stdout, stderr } = await startPlayground(...args).ended;
    expect({ code, stdout, lines: stderr.split('\n').length - 1 }).toEqual({ code: 2, stdout: '', lines: 1 });
    expect(stderr).toContain(message);
  });

  test('a cluster that does not answer', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'playground-test-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'kubeconfig');
    // Port 9 (discard) has no listener.
    await writeKubeconfig(file, { url: 'https://127.0.0.1:9', ca: '' }, { token: 'none' });
    const { code, stderr } = await startPlayground('--kubeconfig', file).ended;
    expect(code).toBe(2);
    expect(stderr).toMatch(/^The API server https:\/\/127\.0\.0\.1:9 cannot be reached: ECONNREFUSED\..*\n$/);
  });

  test.each(['kube', 'admin'])('a taken --%s-port', async (name) => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? String(address.port) : '';
    const { code, stderr, leftFiles } = await startPlayground(`--${name}-port`, port).ended;
    expect(code).toBe(2);
    expect(stderr).toMatch(new RegExp(`^Port ${port} \\(--${name}-port\\) is taken: .*\n$`));
    expect(leftFiles).toEqual([]);
  });
});
