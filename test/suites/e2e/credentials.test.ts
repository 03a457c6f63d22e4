import 'reflect-metadata';
import { createHash, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { connectionPath } from '../../servers/cluster/create-cluster-client.ts';
import { mintIdentity } from '../../servers/ucl/mint-identity.ts';
import { reissueCertificate } from './reissue-certificate.ts';
import { conditionOf, useStage } from './start-stage.ts';

const clientSecret = 'cluster-client-certificates';

describe('the client certificate', () => {
  const stage = useStage();

  it('says so when it is revoked, keeps the Applications, and pairs again with a fresh token', async () => {
    const { runtimeId } = await stage.connect(['Alpha', 'Beta']);
    const before = await stage.kube.applications();
    const revoked = await fingerprint();
    stage.ucl.landscape.revokeCertificate(revoked);
    stage.forgetRequests();
    const refused = await stage.sync();
    expect(conditionOf(refused, 'Connected')).toBe('False/CompassRefused');
    expect(refused.status?.connectionState).toBe('ConnectionMaintenanceFailed');
    expect(refused.status?.connectionStatus.error).toContain('one-time token');
    expect(stage.ucl.requests.count({ endpoint: 'connector-token' })).toBe(0);

    await stage.configure(runtimeId);
    const healed = await stage.synchronized();
    expect(healed.status?.connectionStatus.error).toBeUndefined();
    expect(await fingerprint()).not.toBe(revoked);
    expect(await stage.kube.applications()).toEqual(before);
  });

  it('heals without a token after an outage that looks like a revocation', async () => {
    await stage.connect(['Alpha']);
    const fault = stage.ucl.faults.add({
      on: 'director',
      times: Number.POSITIVE_INFINITY,
      effect: { loseIdentity: true },
    });
    expect(conditionOf(await stage.sync(), 'Ready')).toBe('False/CompassRefused');
    fault.remove();
    await stage.synchronized();
    expect(stage.ucl.requests.count({ endpoint: 'connector-token' })).toBe(2);
  });

  it('is renewed on request without a failed call, and used from then on', async () => {
    await stage.connect(['Alpha']);
    const old = await fingerprint();
    stage.forgetRequests();
    await stage.annotate({ 'compass.kyma-project.io/renew-requested-at': 'now' });
    const renewed = await stage.connection('echoes', ({ status }) => status?.lastHandledRenewRequest === 'now');
    const present = await fingerprint();
    expect(present).not.toBe(old);
    const { validTo } = new X509Certificate((await stage.kube.secret(clientSecret))?.data.crt ?? '');
    expect(Date.parse(renewed.status?.certificate?.notAfter ?? '')).toBe(Date.parse(validTo));
    await stage.sync();

    const requests = stage.ucl.requests.all();
    expect(requests.filter(({ status }) => status !== 200)).toEqual([]);
    const used = requests.map(({ clientCertificateFingerprint }) => clientCertificateFingerprint);
    expect(used.slice(0, 2)).toEqual([old, old]);
    expect(new Set(used.slice(2))).toEqual(new Set([present]));
    expect(stage.ucl.requests.count({ operation: 'signCertificateSigningRequest' })).toBe(1);

    await stage.kube.patch(`${connectionPath}/compass-connection`, { spec: { refreshCredentialsNow: true } });
    await stage.until('it is renewed once more', async () => (await fingerprint()) !== present || undefined);
    await stage.connection('takes the wish back', ({ spec }) => spec.refreshCredentialsNow !== true);
  });

  it('says so when it expired while the agent was down, keeps the Applications, and pairs with a fresh token', async () => {
    const { runtimeId, agent } = await stage.connect(['Alpha']);
    const before = await stage.kube.applications();
    await agent.kill();
    await reissueCertificate(stage, { fromDays: -90, untilDays: -1 });
    stage.forgetRequests();
    const second = stage.startAgent();
    const expired = await stage.condition('CertificateValid', 'False/CertificateExpired');
    expect(conditionOf(expired, 'Ready')).toMatch(/^False/);
    expect(second.hasEnded()).toBe(false);
    expect(stage.ucl.requests.count()).toBe(0);
    await stage.configure(runtimeId);
    await stage.condition('CertificateValid', 'True/Valid');
    await stage.synchronized();
    expect(await stage.kube.applications()).toEqual(before);
  });

  it('rebuilds a CompassConnection that was deleted, without a token and without touching an Application', async () => {
    const { connection } = await stage.connect(['Alpha', 'Beta']);
    stage.forgetRequests();
    await stage.kube.remove(`${connectionPath}/compass-connection`);
    const { directorUrl } = connection.spec.managementInfo;
    await stage.connection('is rebuilt', (found) => {
      const isNew = found.metadata.uid !== connection.metadata.uid;
      return (
        isNew && found.spec.managementInfo.directorUrl === directorUrl && conditionOf(found, 'Ready') !== undefined
      );
    });
    await stage.synchronized();
    expect(stage.ucl.requests.count({ endpoint: 'connector-token' })).toBe(0);
    expect(stage.writes().filter((write) => /applications/.test(write))).toEqual([]);
    const stored = await stage.kube.secrets();
    expect(stored.filter(({ metadata }) => metadata.labels.app !== undefined)).toHaveLength(2);
  });

  it('pairs anew when the CompassConnection is deleted while an unused token waits', async () => {
    const { runtimeId } = await stage.connect(['Alpha']);
    const old = await fingerprint();
    stage.proxy.requests.clear();
    await stage.configure(runtimeId);
    // Every look at the connection reads the stored pair, and only the Secret has changed.
    await stage.until('the agent has seen the token', () => {
      return stage.proxy.requests.count(({ name }) => name === clientSecret) > 0 || undefined;
    });
    await stage.kube.remove(`${connectionPath}/compass-connection`);
    await stage.until('the certificate is a new one', async () => (await fingerprint()) !== old || undefined);
    await stage.synchronized();
    expect(stage.ucl.requests.count({ endpoint: 'connector-token' })).toBe(4);
  });

  it('is not lost with a CA Secret that cannot be written, which is named and made up for', async () => {
    const runtimeId = stage.addRuntime();
    stage.addSystems(['Alpha']);
    await stage.configure(runtimeId);
    const fault = stage.proxy.faults.add({
      match: ({ verb, namespace }) => verb === 'create' && namespace === 'istio-system',
      effect: { status: 403 },
    });
    stage.startAgent({ APP_SYNC_SCHEDULE: '* * * * * *' });
    await stage.connection('is ready and names the missing permission', (found) => {
      const named = found.status?.connectionStatus.error?.includes('istio-system') ?? false;
      return named && conditionOf(found, 'Ready') === 'True/Synchronized';
    });
    await stage.applications(['mp-alpha']);
    fault.remove();
    await stage.until('the CA Secret is there', () => stage.kube.secret('kyma-gateway-certs-cacert', 'istio-system'));
    expect(stage.ucl.requests.count({ endpoint: 'connector-token' })).toBe(2);
  });

  it('is put back when somebody overwrites it with rubbish, which an Event tells', async () => {
    await stage.connect(['Alpha']);
    const good = (await stage.kube.secret(clientSecret))?.data;
    await stage.kube.writeSecret(clientSecret, { crt: 'rubbish', key: 'rubbish', crtChain: 'rubbish' });
    const synced = await stage.sync();
    expect(conditionOf(synced, 'Ready')).toBe('True/Synchronized');
    expect((await stage.kube.secret(clientSecret))?.data).toEqual(good);
    await stage.events(['CertificateRestored']);
    expect(stage.ucl.requests.count({ endpoint: 'connector-token' })).toBe(2);
  });

  it('is replaced by another valid one after that has proven itself, which an Event tells', async () => {
    const { runtimeId } = await stage.connect(['Alpha']);
    const minted = await mintIdentity(stage.ucl, { runtimeId });
    const { clientCertificate: crt, key, certificateChain: crtChain } = minted;
    stage.forgetRequests();
    await stage.kube.writeSecret(clientSecret, { crt, key, crtChain });
    await stage.sync();
    await stage.events(['CertificateReplaced']);
    const present = await fingerprint();
    const used = stage.ucl.requests.all().map((request) => request.clientCertificateFingerprint);
    expect(new Set(used)).toEqual(new Set([present]));
    expect(stage.ucl.requests.all()[0]?.operations).toEqual(['viewer']);
  });

  it('comes with a CA Secret that is put back when somebody deletes it', async () => {
    await stage.connect(['Alpha']);
    const before = (await stage.kube.secret('kyma-gateway-certs-cacert', 'istio-system'))?.data.cacert;
    await stage.kube.remove('/api/v1/namespaces/istio-system/secrets/kyma-gateway-certs-cacert');
    await stage.sync();
    expect((await stage.kube.secret('kyma-gateway-certs-cacert', 'istio-system'))?.data.cacert).toBe(before);
  });

  async function fingerprint(): Promise<string> {
    const { raw } = new X509Certificate((await stage.kube.secret(clientSecret))?.data.crt ?? '');
    return createHash('sha256').update(raw).digest('hex');
  }

  /** Puts a certificate for the same key and subject in its place whose time is over. */
});
