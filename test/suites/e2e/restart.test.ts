import { describe, expect, it } from 'vitest';
import type { AgentProcess } from '../../programs/agent/start-agent-process.ts';
import { conditionOf, useStage } from './start-stage.ts';

describe('restarting', () => {
  const stage = useStage();

  it('neither pairs again nor writes anything but one status when it starts again', async () => {
    const { agent } = await stage.connect(['Alpha', 'Beta']);
    expect((await agent.stop()).code).toBe(0);
    const connection = await stage.connection('is as it was left', () => true);
    stage.forgetRequests();
    const second = stage.startAgent();
    await synchronisedOnce(second);
    await stage.connection('is written anew', ({ metadata }) => {
      return metadata.resourceVersion !== connection.metadata.resourceVersion;
    });
    expect(stage.ucl.requests.count({ endpoint: 'connector-token' })).toBe(0);
    expect(stage.ucl.requests.count({ endpoint: 'connector-mtls' })).toBe(0);
    expect(stage.writes()).toEqual(['update compassconnections/status']);
  });

  it('begins with the smaller pages that helped before', async () => {
    const settings = { APP_COMPASS_PAGE_SIZE: '20' };
    stage.ucl.faults.add({ on: 'director', operation: 'applicationsForRuntime', effect: { truncateBody: 40 } });
    const names = Array.from({ length: 12 }, (_, index) => `System ${index}`);
    const { agent, connection } = await stage.connect(names, settings);
    expect(connection.metadata.annotations?.['compass.kyma-project.io/read-memory']).toBe('{"pageSize":10}');
    expect((await agent.stop()).code).toBe(0);
    stage.forgetRequests();
    await synchronisedOnce(stage.startAgent(settings));
    expect(stage.ucl.requests.count({ operation: 'applicationsForRuntime' })).toBe(2);
  });

  it('ends connected when it is killed between the signing and the storing of the certificate', async () => {
    const runtimeId = stage.addRuntime();
    stage.addSystems(['Alpha']);
    await stage.configure(runtimeId);
    const fault = stage.proxy.faults.add({
      // The record of the pairing is there since before the signing.
      match: ({ verb, resource, namespace }) =>
        verb === 'create' && resource === 'secrets' && namespace === 'kyma-system' && isSigned(),
      effect: { blackhole: true },
    });
    const agent = stage.startAgent();
    await stage.until('the certificate is about to be stored', () => fault.hits > 0 || undefined);
    await agent.kill();
    fault.remove();
    expect((await stage.kube.secret('cluster-client-certificates'))?.metadata.name).toBeUndefined();
    stage.startAgent();
    await stage.synchronized();
    expect(stage.ucl.requests.count({ endpoint: 'connector-token' })).toBe(2);
  });

  it('ends in TokenRefused when it is killed before the signed certificate is written down, and heals', async () => {
    const runtimeId = stage.addRuntime();
    await stage.configure(runtimeId);
    const fault = stage.proxy.faults.add({
      match: ({ verb, name }) => isRecordWrite(name, verb) && isSigned(),
      effect: { blackhole: true },
    });
    const agent = stage.startAgent();
    await stage.until('the certificate is about to be written down', () => fault.hits > 0 || undefined);
    await agent.kill();
    fault.remove();
    stage.startAgent();
    await stage.condition('Connected', 'False/TokenRefused');
    // One that was signed and lost, and three tries with the follow-up token, which that used up.
    expect(stage.ucl.requests.count({ operation: 'signCertificateSigningRequest' })).toBe(4);
    expect(stage.ucl.requests.count({ endpoint: 'connector-token', operation: 'configuration' })).toBe(1);
    await stage.configure(runtimeId);
    await stage.synchronized();
  });

  it('ends within ten seconds of SIGTERM in the middle of a sync, with exit code 0', async () => {
    const { agent } = await stage.connect(['Alpha']);
    const fault = stage.ucl.faults.add({ on: 'director', effect: { hang: true } });
    stage.addSystems(['Beta']);
    await stage.requestSync();
    await stage.until('the sync runs', () => fault.hits > 0 || undefined);
    const { code, afterMs } = await agent.stop();
    expect(code).toBe(0);
    expect(afterMs).toBeLessThan(10_000);
    await stage.applications(['mp-alpha']);
    stage.startAgent();
    await stage.applications(['mp-alpha', 'mp-beta']);
  });

  it('finishes what it is writing when SIGTERM comes', async () => {
    const { agent } = await stage.connect(['Alpha']);
    stage.proxy.faults.add({
      match: ({ verb, resource }) => verb === 'create' && resource === 'secrets',
      effect: { delayMs: 300 },
    });
    stage.addSystems(['Beta', 'Gamma']);
    await stage.requestSync();
    await stage.until('the first Application is written', async () => {
      return (await stage.kube.applications()).length > 1 || undefined;
    });
    expect((await agent.stop()).code).toBe(0);
    const owners = (await stage.kube.secrets()).flatMap(({ metadata }) => metadata.ownerReferences);
    expect(owners.map(({ name }) => name).sort()).toEqual(['mp-alpha', 'mp-beta', 'mp-gamma']);
    const connection = await stage.kube.connection();
    expect(connection && conditionOf(connection, 'Ready')).toBe('True/Synchronized');
  });

  it('says what is wrong with its settings and ends with code 2', async () => {
    const agent = stage.startAgent({ APP_PRUNE_POLICY: 'sometimes', APP_CERT_KEY_SIZE: '12' });
    await stage.until('the process has ended', () => agent.hasEnded() || undefined);
    expect((await agent.stop()).code).toBe(2);
    expect(agent.output()).toContain('APP_PRUNE_POLICY');
    expect(agent.output()).toContain('APP_CERT_KEY_SIZE');
  });

  function isSigned(): boolean {
    return stage.ucl.requests.count({ operation: 'signCertificateSigningRequest' }) > 0;
  }

  async function synchronisedOnce(agent: AgentProcess): Promise<void> {
    await stage.until('the agent has synchronised', () =>
      agent.lines().find(({ message }) => message === 'Synchronised'),
    );
  }
});

function isRecordWrite(name: string | undefined, verb: string): boolean {
  return name === 'ucl-agent-pairing' && verb === 'update';
}
