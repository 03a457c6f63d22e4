import { createPrivateKey, X509Certificate } from 'node:crypto';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { AgentProcess } from '../../programs/agent/start-agent-process.ts';
import { expectNoStaleWrite } from './expect-no-stale-write.ts';
import { leaseRights } from './lease-rights.ts';
import { useStage } from './start-stage.ts';

const wallClock = path.join(import.meta.dirname, '../shipped/wall-clock.ts');
/** How long others leave a Lease alone that is not renewed. */
const leaseMs = 15_000;
/** From a leader that is stopped without notice to the next one: 15 s and a look, with room for a slow machine. */
const takeoverMs = 90_000;

async function readMetrics(agent: AgentProcess): Promise<string> {
  return (await fetch(`http://127.0.0.1:${agent.healthPort()}/metrics`)).text();
}

describe('several agents', { timeout: 180_000 }, () => {
  const stage = useStage();

  /** Another pod; its requests are not among those of the proxy. */
  const startOther = () =>
    stage.startAgent({ POD_NAME: 'ucl-agent-2', KUBECONFIG: stage.cluster.secondAgentKubeconfigFile });
  const said = (agent: AgentProcess, message: string) =>
    stage.until(message, () => agent.lines().find((line) => line.message.startsWith(message)), takeoverMs);

  // In every one of these tests.
  afterEach(() => expectNoStaleWrite(stage.cluster));

  const syncsOf = (agent: AgentProcess) => agent.lines().filter(({ message }) => message === 'Synchronised').length;

  it('one works, the other is live and Ready and does nothing, and works once the first has ended in order', async () => {
    const { agent } = await stage.connect(['Alpha']);
    const other = startOther();
    await said(other, 'Standing by');
    const port = other.healthPort();
    for (const path of ['healthz', 'readyz']) {
      await stage.until(`${path} is well`, async () => (await fetch(`http://localhost:${port}/${path}`)).ok);
    }
    stage.addSystems(['Beta']);
    await stage.sync();
    expect(syncsOf(other)).toBe(0);
    expect(await readMetrics(agent)).toMatch(/^ucl_agent_leader 1$[\s\S]*^ucl_agent_ready 1$/m);
    const idle = await readMetrics(other);
    expect(idle).toMatch(/^ucl_agent_leader 0$/m);
    expect(idle).not.toMatch(/^ucl_agent_ready \d/m);
    expect(await stage.kube.leader()).toMatch(/^ucl-agent-1_/);

    expect((await agent.stop()).code).toBe(0);
    expect(agent.output()).toContain('The Lease is given back');
    stage.forgetRequests();
    await said(other, 'Leading');
    stage.addSystems(['Gamma']);
    await stage.sync();
    await stage.applications(['mp-alpha', 'mp-beta', 'mp-gamma']);
    expect(stage.ucl.requests.count({ endpoint: 'connector-token' })).toBe(0);
    expect(stage.writes()).toEqual([]);
    await expectNoStaleWrite(stage.cluster, 2);
  });

  it('one that was stopped past its lease writes nothing when it goes on', async () => {
    const { agent, ids } = await stage.connect(['Alpha']);
    const [alpha = ''] = ids;
    const other = startOther();
    await said(other, 'Standing by');
    const held = stage.ucl.faults.add({ on: 'director', effect: { latencyMs: 1_000 } });
    await stage.requestSync();
    await stage.until('a sync runs', () => held.hits > 0 || undefined);
    agent.pause();
    held.remove();
    await said(other, 'Leading');
    stage.ucl.landscape.updateApplication(alpha, { description: 'changed meanwhile' });
    await stage.sync();
    const before = await stage.kube.application('mp-alpha');
    stage.forgetRequests();
    agent.resume();
    await said(agent, 'This agent no longer leads');
    await said(agent, 'Standing by');
    await stage.sync();
    expect(stage.writes()).toEqual([]);
    expect(syncsOf(agent)).toBe(1);
    expect(await stage.kube.application('mp-alpha')).toEqual(before);
    expect(await stage.kube.leader()).toMatch(/^ucl-agent-2_/);
  });

  it('an API server that is gone ends what runs, and the agent goes on without a new token once it is back', async () => {
    const { agent } = await stage.connect(['Alpha']);
    const outage = stage.proxy.faults.add({ effect: { cut: true } });
    await said(agent, 'This agent no longer leads');
    stage.forgetRequests();
    stage.addSystems(['Beta']);
    outage.remove();
    await stage.until('it leads again', () =>
      agent.lines().filter(({ message }) => message.startsWith('Leading')).length > 1 ? true : undefined,
    );
    // Nobody asks for a sync, and the schedule is far away.
    await stage.applications(['mp-alpha', 'mp-beta']);
    expect(stage.ucl.requests.count({ endpoint: 'connector-token' })).toBe(0);
  });

  it('a rolling update in the middle of pairing uses the token once', async () => {
    const runtimeId = stage.addRuntime();
    stage.addSystems(['Alpha']);
    await stage.configure(runtimeId);
    const slow = stage.ucl.faults.add({
      on: 'connector-token',
      operation: 'configuration',
      effect: { latencyMs: 1_500 },
    });
    const agent = stage.startAgent();
    await stage.until('the token is on its way', () => slow.hits > 0 || undefined);
    const other = startOther();
    await said(other, 'Standing by');
    expect((await agent.stop()).code).toBe(0);
    await said(other, 'Leading');
    await stage.synchronized();
    await stage.applications(['mp-alpha']);
    expect(stage.ucl.requests.count({ endpoint: 'connector-token', operation: 'configuration' })).toBe(1);
    expect(stage.ucl.requests.count({ operation: 'signCertificateSigningRequest' })).toBe(1);
  });

  it('a rolling update in the middle of a renewal costs one certificate more at most, and no token', async () => {
    const { agent } = await stage.connect(['Alpha']);
    const other = startOther();
    await said(other, 'Standing by');
    const slow = stage.ucl.faults.add({
      on: 'connector-mtls',
      operation: 'signCertificateSigningRequest',
      effect: { latencyMs: 1_500 },
    });
    stage.forgetRequests();
    await stage.annotate({ 'compass.kyma-project.io/renew-requested-at': 'rollout' });
    await stage.until('the request is on its way', () => slow.hits > 0 || undefined);
    expect((await agent.stop()).code).toBe(0);
    await said(other, 'Leading');
    await stage.connection('echoes', ({ status }) => status?.lastHandledRenewRequest === 'rollout');
    const { crt = '', key = '' } = (await stage.kube.secret('cluster-client-certificates'))?.data ?? {};
    expect(new X509Certificate(crt).checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(stage.ucl.requests.count({ operation: 'signCertificateSigningRequest' })).toBeLessThanOrEqual(2);
    expect(stage.ucl.requests.count({ endpoint: 'connector-token' })).toBe(0);
    stage.addSystems(['Beta']);
    await stage.sync();
    await stage.applications(['mp-alpha', 'mp-beta']);
  });

  it('clocks that are a day apart make nobody lead beside the leader, and nobody wait for longer', async () => {
    const { agent } = await stage.connect(['Alpha']);
    const settings = { POD_NAME: 'ucl-agent-2', KUBECONFIG: stage.cluster.secondAgentKubeconfigFile };
    const other = stage.startAgent(settings, ['--import', wallClock]);
    other.tell(String(24 * 60 * 60_000));
    await said(other, 'Standing by');
    await stage.sync();
    stage.forgetRequests();
    // Longer than the Lease, by whatever clock.
    await sleep(leaseMs + 5_000);
    expect(other.output()).not.toContain('Leading: this agent holds the Lease');
    expect(agent.output()).not.toContain('This agent no longer leads');
    await agent.kill();
    await said(other, 'Leading');
    stage.addSystems(['Beta']);
    await stage.sync();
    await stage.applications(['mp-alpha', 'mp-beta']);
    expect(stage.ucl.requests.count({ endpoint: 'connector-token' })).toBe(0);
  });

  it('works without the right to the Lease, says so, and takes part once it has it', async () => {
    const { kubeconfigFile, grant } = await stage.cluster.restrict(leaseRights);
    const { agent, connection } = await stage.connect(['Alpha'], { KUBECONFIG: kubeconfigFile });
    expect(agent.lines().find(({ reason }) => reason === 'LeaderElectionOff')?.message).toMatch(/may not get leases/);
    expect(connection.status?.conditions.find(({ type }) => type === 'Connected')?.message).toMatch(
      /may not get leases.*, so there is no leader election/,
    );
    expect(agent.output()).not.toContain('Leading: this agent holds the Lease');
    await grant();
    await said(agent, 'Leading: this agent holds the Lease');
    expect(await stage.kube.leader()).toMatch(/^ucl-agent-1_/);
    await stage.sync();
  });
});
