import { beforeEach, describe, expect, it } from 'vitest';
import { connectionPath } from '../../servers/cluster/create-cluster-client.ts';
import { mintIdentity } from '../../servers/ucl/mint-identity.ts';
import { exchangeCrd, installAsGoAgent, registerGoAgentLandscape, syncOnEitherCrd } from './go-agent-installation.ts';
import { expectRecordedObjects, expectUsablePair, readAsGoAgent, writeAsGoAgent } from './go-agent-view.ts';
import { useStage } from './start-stage.ts';

describe('the hand-back to the Go agent', () => {
  const stage = useStage({ crds: 'ours' });

  beforeEach(() => exchangeCrd(stage, 'ours'));

  it('leaves all that it needs after this agent has paired and renewed by itself', async () => {
    const runtimeId = registerGoAgentLandscape(stage);
    await stage.configure(runtimeId);
    const agent = stage.startAgent();
    await stage.connection('has read the landscape', ({ status }) => status?.applications?.desired === 7);
    const token = 'renew-before-the-hand-back';
    await stage.annotate({ 'compass.kyma-project.io/renew-requested-at': token });
    await stage.connection('is renewed', ({ status }) => status?.lastHandledRenewRequest === token);
    await agent.stop();
    await handBack();

    const { status } = await readAsGoAgent(stage);
    expect(status.connectionStatus.renewed).not.toBeNull();
    expect(status.connectionStatus.certificateStatus.acquired).toBe(status.connectionStatus.renewed);
    await expectUsablePair(stage, runtimeId);
    await expectRecordedObjects(stage);
  });

  it('leaves no request of the older spec fields, which the Go agent would repeat without a pause', async () => {
    const runtimeId = registerGoAgentLandscape(stage);
    await stage.configure(runtimeId);
    const agent = stage.startAgent();
    await stage.connection('has read the landscape', ({ status }) => status?.applications?.desired === 7);
    const before = (await stage.kube.secret('cluster-client-certificates'))?.data.crt;
    await stage.kube.patch(`${connectionPath}/compass-connection`, {
      spec: { resyncNow: true, refreshCredentialsNow: true },
    });
    await stage.connection('has them taken back', ({ spec }) => spec.resyncNow === false);
    await agent.stop();
    await handBack();
    expect((await readAsGoAgent(stage)).spec).toMatchObject({ resyncNow: false, refreshCredentialsNow: false });
    expect((await stage.kube.secret('cluster-client-certificates'))?.data.crt).not.toBe(before);
    await expectUsablePair(stage, runtimeId);
  });

  it('leaves the CA Secret, without which the Go agent takes its credentials for lost, also where it was missing', async () => {
    const { runtimeId } = await installAsGoAgent(stage, 'ours');
    await stage.kube.remove('/api/v1/namespaces/istio-system/secrets/kyma-gateway-certs-cacert');
    const agent = stage.startAgent();
    await stage.sync();
    await agent.stop();
    await handBack();
    await expectUsablePair(stage, runtimeId);
  });

  it('gives back what was taken over, with what changed in UCL meanwhile', async () => {
    const { runtimeId, identity: takenOver } = await installAsGoAgent(stage, 'ours');
    const agent = stage.startAgent();
    await stage.sync();
    const { landscape } = stage.ucl;
    const { id } = landscape.registerApplication({ name: 'Added later', providerName: 'SAP' });
    landscape.assign(id, 'APPLICATION', 'landscape-a');
    await stage.sync();
    await agent.stop();
    await handBack();

    await readAsGoAgent(stage);
    await expectUsablePair(stage, runtimeId);
    expect((await stage.kube.secret('cluster-client-certificates'))?.data.crt).toBe(takenOver.clientCertificate);
    expect((await stage.kube.application('mp-added-later'))?.spec.compassMetadata?.applicationId).toBe(id);
    await expectRecordedObjects(stage);
  });

  it('can be followed by a takeover of its own, with the certificate that the Go agent renewed', async () => {
    const { runtimeId, token } = await installAsGoAgent(stage, 'ours');
    const first = stage.startAgent();
    await stage.sync();
    await first.stop();
    await handBack();
    // The Go agent renews: another certificate of the same runtime, and only the Secret says so.
    const renewed = await mintIdentity(stage.ucl, { runtimeId });
    const { clientCertificate: crt, key, certificateChain: crtChain } = renewed;
    await stage.kube.writeSecret('cluster-client-certificates', { crt, key, crtChain });
    stage.startAgent();
    await syncOnEitherCrd(stage);
    expect((await stage.kube.secret('cluster-client-certificates'))?.data.crt).toBe(crt);
    expect((await stage.kube.secret('compass-agent-configuration'))?.data.TOKEN).toBe(token);
    expect(stage.ucl.requests.all({ endpoint: 'connector-token' })).toEqual([]);
  });

  /** As docs/migration.md says: the agent is stopped, the shipped CRD comes first, then the Go agent. */
  async function handBack(): Promise<void> {
    await exchangeCrd(stage, 'shipped');
    await stage.until('the shipped CRD prunes the status', async () => {
      const found = await stage.kube.connection();
      return found?.status?.conditions.length === 0 ? found : undefined;
    });
    await writeAsGoAgent(stage);
  }
});
