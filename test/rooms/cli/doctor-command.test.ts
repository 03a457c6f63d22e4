import { describe, expect, test } from 'vitest';
import type { Check } from '../../../agent/cli/check.ts';
import type { AgentRight, ClusterView, PodFacts } from '../../../agent/cli/cluster-view.ts';
import type { Probe } from '../../../agent/cli/probe-address.ts';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import type { Foresight } from '../../../agent/sync/foresight.ts';
import { at, runCommandLine as cli, connectedStatus, connectionWith } from './run-command-line.ts';

const pod: PodFacts = {
  ...{ name: 'agent-1', namespace: 'kyma-system', createdAt: at(-600), serviceAccount: 'agent', containers: [] },
  ...{ phase: 'Running', isReady: true, restarts: 0 },
};
const keys = ['CONNECTOR_URL', 'RUNTIME_ID', 'TENANT', 'TOKEN'];
const wellCluster: Partial<ClusterView> = {
  listServed: async (kind) => [kind, `${kind}/status`],
  readSecret: async ({ name }) => ({ name, keys }),
  listAgentPods: async () => [pod],
  mayServiceAccount: async () => true,
  countReadyAddresses: async () => 2,
  readClockDifference: async () => -300,
  runInPod: async () => answer([{ name: 'UCL', verdict: 'ok', message: 'UCL accepts the certificate.' }]),
};
const answer = (checks: readonly Check[]) => ({
  exitCode: checks.some(({ verdict }) => verdict === 'failed') ? 1 : 0,
  stdout: JSON.stringify({ checks }),
  stderr: '',
});

async function verdicts(cluster: Partial<ClusterView>, setup: Parameters<typeof cli>[1] = {}) {
  const { stdout, exitCode } = await cli(['doctor', '-o', 'json'], {
    cluster: { ...wellCluster, ...cluster },
    ...setup,
  });
  const { checks } = JSON.parse(stdout);
  return { exitCode, wrong: checks.filter(({ verdict }: { verdict: string }) => verdict !== 'ok') };
}

const unreachable = async () => {
  throw new AgentError('ClusterUnreachable', 'Gone', { next: 'retry' });
};

const forbidden = async () => {
  throw new AgentError('PermissionMissing', 'Your user may not', { next: 'wait', remedy: 'Ask.' });
};

const cannotExec: Partial<ClusterView> = { runInPod: forbidden };

describe('doctor', () => {
  test('finds nothing wrong in a cluster where all is well', async () => {
    const { stdout, stderr, exitCode } = await cli(['doctor'], { cluster: wellCluster });
    expect([stderr, exitCode]).toEqual(['', 0]);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split(':')[0]),
    ).toEqual(
      ['CRD compassconnections', 'CRD applications', 'Configuration', 'Pod', 'Rights of the agent', 'Gateway']
        .concat(['Clock', 'Certificate', 'UCL'])
        .map((name) => `ok       ${name}`),
    );
  });

  test.each<[string, Partial<ClusterView>, object]>([
    [
      'a key',
      { readSecret: async ({ name }) => ({ name, keys: keys.slice(1) }) },
      { message: /lacks CONNECTOR_URL\.$/ },
    ],
    ['the Secret', { readSecret: async () => undefined }, { message: /does not exist/ }],
    [
      'a CRD',
      { listServed: async (kind) => (kind === 'applications' ? [] : [kind, `${kind}/status`]) },
      { message: /not inst/ },
    ],
    ['a pod', { listAgentPods: async () => [] }, { message: /No pod/ }],
    ['readiness', { listAgentPods: async () => [{ ...pod, isReady: false }] }, { message: /not ready/ }],
    [
      'a right',
      { mayServiceAccount: async (_, { verb, resource }: AgentRight) => verb !== 'delete' || resource !== 'secrets' },
      { message: /ServiceAccount kyma-system\/agent may not delete secrets in kyma-system\.$/ },
    ],
    [
      'what is behind the gateway',
      { countReadyAddresses: async () => 0 },
      { message: /Service kyma-system\/central-application-gateway is ready\.$/ },
    ],
    ['the right time', { readClockDifference: async () => 3_600_000 }, { message: /3600 s behind/ }],
  ])('fails with a remedy where %s lacks', async (_, cluster, { message }: { message?: RegExp }) => {
    const { exitCode, wrong } = await verdicts(cluster);
    expect(exitCode).toBe(1);
    const told = { verdict: 'failed', message: expect.stringMatching(message ?? /^$/), remedy: expect.any(String) };
    const failed = wrong.filter((check: Check) => check.verdict === 'failed');
    expect(failed).toEqual([{ name: expect.any(String), ...told }]);
  });

  test.each<[Probe, string, number]>([
    [{ kind: 'no name', code: 'ENOTFOUND' }, 'failed', 1],
    [{ kind: 'no connection', code: 'ECONNREFUSED' }, 'failed', 1],
    [{ kind: 'not trusted', code: 'SELF_SIGNED_CERT_IN_CHAIN' }, 'warning', 0],
  ])('tells of an address of UCL: %o', async (probe, verdict, code) => {
    const { exitCode, wrong } = await verdicts(cannotExec, { probe: async () => probe });
    expect([exitCode, wrong.length]).toEqual([code, 3]);
    expect(wrong[1]).toMatchObject({
      verdict,
      message: expect.stringContaining(probe.kind === 'ok' ? '' : probe.code),
    });
  });

  test('asks no address where a proxy stands in between', async () => {
    const setup = { env: { HTTPS_PROXY: 'http://proxy:3128' }, probe: () => expect.unreachable() };
    const unknown = { verdict: 'unknown' };
    expect((await verdicts(cannotExec, setup)).wrong).toMatchObject([unknown, unknown, unknown]);
  });

  test.each([
    [{ notAfter: at(-1) }, 'failed'],
    [{ notAfter: at(9e5), renewAt: at(-7200) }, 'warning'],
  ])('judges the certificate by the dates in the status: %o', async (certificate, verdict) => {
    const connection = connectionWith({ status: { ...connectedStatus, certificate } });
    expect((await verdicts({}, { connection })).wrong).toMatchObject([{ name: 'Certificate', verdict }]);
  });

  test('does not know what the person may not ask, says which right lacks, and that fails nothing', async () => {
    const { exitCode, wrong } = await verdicts({ mayServiceAccount: forbidden, readSecret: forbidden });
    expect(exitCode).toBe(0);
    const unknown = { verdict: 'unknown', message: 'Your user may not.', remedy: 'Ask.' };
    expect(wrong).toEqual([
      { name: 'Configuration', ...unknown },
      { name: 'Rights of the agent', ...unknown },
    ]);
  });

  test('tells what the agent in its pod finds, in place of what this machine would see', async () => {
    const found: Check[] = [
      { name: 'Director', verdict: 'failed', message: 'It has no address.', remedy: 'Check the DNS.' },
      { name: 'UCL', verdict: 'warning', message: 'Slow.' },
    ];
    const runInPod = async () => answer(found);
    expect(await verdicts({ runInPod }, { probe: () => expect.unreachable() })).toEqual({ exitCode: 1, wrong: found });
  });

  test.each<[string, Partial<ClusterView>, RegExp]>([
    ['the person may not exec', cannotExec, /^Your user may not\.$/],
    [
      'the pod has an older program',
      { runInPod: async () => ({ exitCode: 2, stdout: '', stderr: "unknown option '--here'" }) },
      /ended with 2: unknown option '--here'\.$/,
    ],
    ['the connection breaks off', { runInPod: unreachable }, /^Gone\.$/],
    ['it answers something else', { runInPod: async () => ({ exitCode: 0, stdout: '{}', stderr: '' }) }, /else\.$/],
  ])('says that UCL was not asked where %s, and looks at the addresses from here', async (_, cluster, message) => {
    const { exitCode, stdout } = await cli(['doctor', '-o', 'json'], { cluster: { ...wellCluster, ...cluster } });
    const { checks } = JSON.parse(stdout);
    expect(exitCode).toBe(0);
    expect(checks.slice(-3)).toMatchObject([
      { name: 'UCL', verdict: 'unknown', message: expect.stringMatching(message) },
      { name: 'Connector', verdict: 'ok' },
      { name: 'Director', verdict: 'ok', message: expect.stringMatching(/seen from this machine\.$/) },
    ]);
  });

  test('--here asks UCL by the settings of this process', async () => {
    let isClosed = false;
    const close = () => {
      isClosed = true;
    };
    const tryWrites = async () => undefined;
    const foresee = async (): Promise<Foresight> => ({
      ...{ runtimeId: 'r-1', suspended: false, desired: 3, changes: [], held: [], leftAlone: [] },
      labels: [{ key: 'runtime_consoleUrl', value: 'https://console' }],
      failures: [{ applicationId: 'id-1', name: 'Legacy', reason: 'InvalidName', message: 'Rename it.' }],
    });
    const { stdout, exitCode } = await cli(['doctor', '--here'], { agentSide: { foresee, tryWrites, close } });
    expect([exitCode, isClosed]).toEqual([0, true]);
    expect(stdout).toMatchInlineSnapshot(`
      "ok       Settings: The agent can start with its settings.
      ok       Admission: The API server would let an Application and a Secret of the agent in.
      ok       Connector: connector has an address and speaks TLS, seen from the agent's pod.
      ok       Director: director.example.test has an address and speaks TLS, seen from the agent's pod.
      ok       UCL: UCL accepts the certificate, and assigns 3 systems to runtime r-1.
      warning  Systems: 1 of 3 systems cannot be brought into the cluster as they are.
               See which and why: ucl-agent diff
      warning  Labels: The runtime lacks these labels in UCL, which the settings ask for: runtime_consoleUrl.
               The next synchronization sets it; if it does not, see: ucl-agent status
      "
    `);
    const refused = async () => {
      throw new AgentError('CompassRefused', 'UCL refuses the certificate', { next: 'wait', remedy: 'Pair anew.' });
    };
    const failed = await cli(['doctor', '--here', '-o', 'yaml'], { agentSide: { foresee: refused, tryWrites, close } });
    expect(failed.exitCode).toBe(1);
    expect(failed.stdout).toMatch(
      /- name: UCL\n {4}verdict: failed\n {4}message: UCL refuses the certificate\.\n {4}remedy: Pair anew\.\n$/,
    );
  });

  test('--here tells what keeps the agent from writing, by the words of who refuses it', async () => {
    const tryWrites = async () => {
      const remedy = 'Look at the policy.';
      throw new AgentError('PermissionMissing', 'Policy "no-apps" denied it', { next: 'retry', remedy });
    };
    const agentSide = { foresee: unreachable, tryWrites, close: () => undefined };
    const { stdout, exitCode } = await cli(['doctor', '--here', '-o', 'json'], { agentSide });
    const { checks }: { checks: Check[] } = JSON.parse(stdout);
    expect(exitCode).toBe(1);
    expect(checks.find(({ name }) => name === 'Admission')).toEqual({
      ...{ name: 'Admission', verdict: 'failed', message: 'Policy "no-apps" denied it.' },
      remedy: 'Look at the policy.',
    });
  });

  test.each<[string | undefined, object]>([
    [undefined, { namespace: 'kyma-system', name: 'central-application-gateway' }],
    ['http://gateway.mesh:8082/path', { namespace: 'mesh', name: 'gateway' }],
    ['http://gateway.mesh.svc.cluster.example', { namespace: 'mesh', name: 'gateway' }],
  ])('looks for the Service of the gateway that the pod is told: %s', async (gatewayUrl, place) => {
    const asked: object[] = [];
    const countReadyAddresses = async (service: object) => void asked.push(service);
    const told = { ...pod, ...(gatewayUrl === undefined ? {} : { gatewayUrl }) };
    const { exitCode, wrong } = await verdicts({ listAgentPods: async () => [told], countReadyAddresses });
    expect([exitCode, asked]).toEqual([0, [place]]);
    expect(wrong).toMatchObject([
      { name: 'Gateway', verdict: 'warning', message: expect.stringMatching('does not exist') },
    ]);
  });

  test.each(['https://gateway.example.com', 'rubbish', 'http://10.0.0.1'])(
    'asks for no Service where the gateway is %s',
    async (gatewayUrl) => {
      const cluster = {
        listAgentPods: async () => [{ ...pod, gatewayUrl }],
        countReadyAddresses: () => expect.unreachable(),
      };
      expect((await verdicts(cluster)).wrong).toMatchObject([{ name: 'Gateway', verdict: 'unknown' }]);
    },
  );

  test('asks without a detour in the pod itself, and names settings that cannot be used', async () => {
    const openAgentSide = async () => {
      throw new AgentError('ConfigurationInvalid', 'APP_HEALTH_PORT must be a port', { next: 'stall' });
    };
    const cluster = { ...wellCluster, isServiceAccount: true, runInPod: () => expect.unreachable() };
    const { stdout, exitCode } = await cli(['doctor'], { cluster, openAgentSide });
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^failed {3}Settings: APP_HEALTH_PORT must be a port\.$/m);
  });

  test('ends with 2 where there is no cluster to ask', async () => {
    const setup = { cluster: { ...wellCluster, listServed: unreachable } };
    expect(await cli(['doctor'], setup)).toMatchObject({ exitCode: 2, stdout: '', stderr: 'Gone.\n' });
  });
});
