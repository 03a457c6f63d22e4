import { describe, expect, test } from 'vitest';
import type { AgentRight, ClusterView, PodFacts } from '../../../agent/cli/cluster-view.ts';
import type { Probe } from '../../../agent/cli/probe-address.ts';
import { AgentError } from '../../../agent/errors/agent-error.ts';
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
  readClockDifference: async () => -300,
};

async function verdicts(cluster: Partial<ClusterView>, setup: Parameters<typeof cli>[1] = {}) {
  const { stdout, exitCode } = await cli(['doctor', '-o', 'json'], {
    cluster: { ...wellCluster, ...cluster },
    ...setup,
  });
  const { checks } = JSON.parse(stdout);
  return { exitCode, wrong: checks.filter(({ verdict }: { verdict: string }) => verdict !== 'ok') };
}

const forbidden = async () => {
  throw new AgentError('PermissionMissing', 'Your user may not', { next: 'wait', remedy: 'Ask.' });
};

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
      ['CRD compassconnections', 'CRD applications', 'Configuration', 'Pod', 'Rights of the agent', 'Clock']
        .concat(['Certificate', 'Connector', 'Director'])
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
    ['the right time', { readClockDifference: async () => 3_600_000 }, { message: /3600 s behind/ }],
  ])('fails with a remedy where %s lacks', async (_, cluster, { message }: { message?: RegExp }) => {
    const { exitCode, wrong } = await verdicts(cluster);
    expect(exitCode).toBe(1);
    const told = { verdict: 'failed', message: expect.stringMatching(message ?? /^$/), remedy: expect.any(String) };
    expect(wrong).toEqual([{ name: expect.any(String), ...told }]);
  });

  test.each<[Probe, string, number]>([
    [{ kind: 'no name', code: 'ENOTFOUND' }, 'failed', 1],
    [{ kind: 'no connection', code: 'ECONNREFUSED' }, 'failed', 1],
    [{ kind: 'not trusted', code: 'SELF_SIGNED_CERT_IN_CHAIN' }, 'warning', 0],
  ])('tells of an address of UCL: %o', async (probe, verdict, code) => {
    const { exitCode, wrong } = await verdicts({}, { probe: async () => probe });
    expect([exitCode, wrong.length]).toEqual([code, 2]);
    expect(wrong[0]).toMatchObject({
      verdict,
      message: expect.stringContaining(probe.kind === 'ok' ? '' : probe.code),
    });
  });

  test('asks no address where a proxy stands in between', async () => {
    const setup = { env: { HTTPS_PROXY: 'http://proxy:3128' }, probe: () => expect.unreachable() };
    expect((await verdicts({}, setup)).wrong).toMatchObject([{ verdict: 'unknown' }, { verdict: 'unknown' }]);
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

  test('ends with 2 where there is no cluster to ask', async () => {
    const gone = async () => {
      throw new AgentError('ClusterUnreachable', 'Gone', { next: 'retry' });
    };
    const setup = { cluster: { ...wellCluster, listServed: gone } };
    expect(await cli(['doctor'], setup)).toMatchObject({ exitCode: 2, stdout: '', stderr: 'Gone.\n' });
  });
});
