import { describe, expect, it } from 'vitest';
import { startGoAgentDouble } from './go-agent-double.ts';
import { grantTime, installAsGoAgent, readVersions, recordedIdOf, syncOnEitherCrd } from './go-agent-installation.ts';
import { useStage } from './start-stage.ts';

describe('beside a Go agent that still runs', () => {
  const stage = useStage({ crds: 'shipped' });

  it('removes nothing, keeps certificate and token, and has the last word once the Go agent is gone', async () => {
    const { identity } = await installAsGoAgent(stage, 'shipped');
    const uids = async () => (await stage.kube.applications()).map(({ metadata: { name, uid } }) => `${name} ${uid}`);
    const before = await uids();
    const double = await startGoAgentDouble(stage);
    const agent = stage.startAgent();
    await syncOnEitherCrd(stage);
    stage.ucl.landscape.updateApplication(recordedIdOf('mp-basic-app'), { description: 'changed in UCL' });
    for (let sync = 0; sync < 3; sync += 1) {
      await syncOnEitherCrd(stage);
      await grantTime();
    }
    // Whoever puts back at once whatever the other one writes would write as often as it does.
    const mends = stage.proxy.requests.count(({ verb, resource }) => verb === 'update' && resource === 'applications');
    const { taken } = await double.stop();
    expect(taken).toBeGreaterThan(30);
    expect(mends).toBeLessThan(taken / 3);

    await syncOnEitherCrd(stage);
    await stage.until('the last word is its own', async () => {
      return (await stage.kube.application('mp-basic-app'))?.spec.description === 'changed in UCL';
    });
    const after = await stage.connection('is synchronised', ({ status }) => status?.connectionState === 'Synchronized');
    expect(after.metadata.name).toBe('compass-connection');
    expect(await uids()).toEqual(before);
    expect((await stage.kube.secret('cluster-client-certificates'))?.data.key).toBe(identity.key);
    expect(stage.ucl.requests.all({ endpoint: 'connector-token' })).toEqual([]);
    expect(stage.ucl.requests.count({ operation: 'signCertificateSigningRequest' })).toBe(0);
    expect(agent.hasEnded()).toBe(false);
    const versions = await readVersions(stage);
    await syncOnEitherCrd(stage);
    expect(await readVersions(stage)).toEqual(versions);
  });
});
