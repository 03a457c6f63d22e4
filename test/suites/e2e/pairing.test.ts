import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readCrds } from '../../servers/cluster/start-test-cluster.ts';
import { createIssuingAuthority } from '../../servers/ucl/certificate-authority.ts';
import {
  appendToChain,
  badGateway502,
  databaseDown,
  empty400,
  otherAuthority,
  otherKeyCertificate,
} from '../../servers/ucl/fault-answers.ts';
import { conditionOf, useStage } from './start-stage.ts';

describe('pairing', () => {
  const stage = useStage();

  it('pairs, stores the pair, fills the CompassConnection and synchronises at once', async () => {
    const { runtimeId, connection } = await stage.connect(['Alpha', 'Beta']);
    await stage.applications(['mp-alpha', 'mp-beta']);

    expect(connection.status).toMatchObject({
      connectionState: 'Synchronized',
      runtimeId,
      applications: { desired: 2, ready: 2, failed: 0 },
      lastSyncTrigger: 'connected',
    });
    expect(connection.status?.conditions.map(({ type, status }) => `${type} ${status}`)).toEqual([
      'Ready True',
      'Connected True',
      'CertificateValid True',
      'Synchronized True',
    ]);
    const { directorUrl, securedConnectorUrl } = stage.ucl;
    expect(connection.spec.managementInfo).toEqual({ directorUrl, connectorUrl: securedConnectorUrl });

    const pair = await stage.kube.secret('cluster-client-certificates');
    const certificate = new X509Certificate(pair?.data.crt ?? '');
    expect(pair?.data.key).toContain('-----BEGIN RSA PRIVATE KEY-----');
    expect(certificate.subject.split('\n')).toContain(`CN=${stage.ucl.landscape.systemAuthIds(runtimeId)[0]}`);
    const authority = await stage.kube.secret('kyma-gateway-certs-cacert', 'istio-system');
    expect(authority?.data.cacert?.trim()).toBe(stage.ucl.authority.certificatePem.trim());

    const record = await stage.kube.secret('ucl-agent-pairing');
    expect(Object.keys(record?.data ?? {}).sort()).toEqual(['fingerprints', 'paired', 'usedTokenHash']);
    expect(pairingCalls()).toEqual(['configuration 200', 'signCertificateSigningRequest 200']);
    const types = (await stage.kube.events()).map(({ reason }) => reason);
    expect(types).not.toContain('TokenRefused');
  });

  it('ends in TokenRefused after a few calls when the reply to the token is lost, and heals with a new token', async () => {
    const runtimeId = stage.addRuntime();
    stage.addSystems(['Alpha']);
    await stage.configure(runtimeId);
    stage.ucl.faults.add({ on: 'connector-token', operation: 'configuration', effect: { cutReply: true } });
    stage.startAgent();
    const failed = await stage.condition('Connected', 'False/TokenRefused');
    expect(failed.status?.connectionState).toBe('ConnectionFailed');
    expect(messageOf(failed, 'Ready')).toContain('Put a new token into the configuration Secret');
    expect(conditionOf(failed, 'Stalled')).toBe('True/TokenRefused');
    // The call whose reply was lost, the first try, and one for each of the two pauses.
    expect(pairingCalls()).toEqual(['configuration 0', ...Array.from({ length: 3 }, () => 'configuration 400')]);

    await stage.configure(runtimeId);
    await stage.synchronized();
    expect(await stage.kube.application('mp-alpha')).toBeDefined();
  });

  it('ends in TokenRefused when the reply to the signing request is lost, and heals with a new token', async () => {
    const runtimeId = stage.addRuntime();
    await stage.configure(runtimeId);
    stage.ucl.faults.add({
      on: 'connector-token',
      operation: 'signCertificateSigningRequest',
      effect: { cutReply: true },
    });
    stage.startAgent();
    await stage.condition('Connected', 'False/TokenRefused');
    expect(pairingCalls().filter((call) => call.startsWith('sign'))).toHaveLength(4);
    await stage.configure(runtimeId);
    await stage.synchronized();
  });

  it('outlives an outage of the backend during pairing without a new token', async () => {
    const runtimeId = stage.addRuntime();
    stage.addSystems(['Alpha']);
    stage.ucl.faults.add({ on: 'connector-token', effect: databaseDown() });
    stage.ucl.faults.add({ on: 'connector-token', operation: 'signCertificateSigningRequest', effect: empty400() });
    await stage.configure(runtimeId);
    stage.startAgent();
    await stage.synchronized();
  });

  it('keeps the token while nobody is there to take it, says so, and uses it afterwards', async () => {
    const runtimeId = stage.addRuntime();
    await stage.configure(runtimeId);
    const always = Number.POSITIVE_INFINITY;
    const outage = stage.ucl.faults.add({ on: 'connector-look', times: always, effect: badGateway502() });
    stage.startAgent();
    const failed = await stage.condition('Connected', 'False/CompassUnreachable');
    expect(messageOf(failed, 'Connected')).toContain('the one-time token was not used');
    await stage.until('it has looked again', () => outage.hits > 1 || undefined);
    expect(pairingCalls()).toEqual([]);
    outage.remove();
    await stage.synchronized();
    expect(pairingCalls()).toEqual(['configuration 200', 'signCertificateSigningRequest 200']);
  });

  it('says of a token that was sent and got a 502 that it is probably spent', async () => {
    const runtimeId = stage.addRuntime();
    await stage.configure(runtimeId);
    stage.ucl.faults.add({ on: 'connector-token', effect: badGateway502() });
    stage.ucl.faults.add({ on: 'connector-token', times: Number.POSITIVE_INFINITY, effect: empty400() });
    stage.startAgent({ APP_PAIRING_RETRY_DELAYS: '1h' });
    const failed = await stage.condition('Connected', 'False/TokenRefusedOrUnavailable');
    expect(messageOf(failed, 'Connected')).toMatch(/probably used up.*new token/);
    stage.ucl.faults.clear();
    await stage.configure(runtimeId);
    await stage.synchronized();
  });

  it.each([
    ['an unknown one', false],
    ['another one', true],
  ])('says that TENANT may be wrong, before it talks of a new token, and needs none: %s', async (_, isKnown) => {
    const runtimeId = stage.addRuntime();
    stage.addSystems(['Alpha']);
    const tenant = '5e4e4a4a-0000-4000-8000-000000000000';
    if (isKnown) stage.ucl.landscape.registerRuntime({ tenantId: tenant });
    const token = stage.issueToken(runtimeId);
    await stage.configure(runtimeId, { TOKEN: token, TENANT: tenant });
    stage.startAgent();
    const failed = await stage.condition('Connected', 'False/CompassRefused');
    const message = messageOf(failed, 'Connected');
    expect(message).toMatch(
      /^With the TENANT and RUNTIME_ID in .*UCL does not accept the new certificate.*Check TENANT first/,
    );
    expect((await stage.kube.secret('cluster-client-certificates'))?.metadata.name).toBeUndefined();
    await stage.configure(runtimeId, { TOKEN: token });
    await stage.synchronized();
    expect(pairingCalls()).toEqual(['configuration 200', 'signCertificateSigningRequest 200']);
  });

  it('takes a chain with a certificate in it that has nothing to do with it', async () => {
    const runtimeId = stage.addRuntime();
    await stage.configure(runtimeId);
    const { certificatePem: stranger } = await createIssuingAuthority();
    stage.ucl.faults.add({
      on: 'connector-token',
      operation: 'signCertificateSigningRequest',
      effect: appendToChain(stranger),
    });
    stage.startAgent();
    await stage.synchronized();
    const chain = (await stage.kube.secret('cluster-client-certificates'))?.data.crtChain ?? '';
    expect(chain.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
  });

  it('leaves the CA Secret as it is when what comes for it did not sign the certificate, and says so', async () => {
    const runtimeId = stage.addRuntime();
    const { certificatePem: stranger } = await createIssuingAuthority();
    await stage.kube.writeSecret('kyma-gateway-certs-cacert', { cacert: 'as it was' }, 'istio-system');
    stage.ucl.faults.add({
      on: 'connector-token',
      operation: 'signCertificateSigningRequest',
      effect: otherAuthority(stranger),
    });
    await stage.configure(runtimeId);
    stage.startAgent();
    const connected = await stage.condition('Connected', 'True/CaCertificateRejected');
    expect(messageOf(connected, 'Connected')).toContain('the CA Secret stays as it is');
    await stage.synchronized();
    expect((await stage.kube.secret('kyma-gateway-certs-cacert', 'istio-system'))?.data.cacert).toBe('as it was');
  });

  it('stores no certificate that does not belong to its key, and says so', async () => {
    const runtimeId = stage.addRuntime();
    await stage.configure(runtimeId);
    const fault = stage.ucl.faults.add({
      on: 'connector-token',
      operation: 'signCertificateSigningRequest',
      times: Number.POSITIVE_INFINITY,
      effect: otherKeyCertificate(stage.ucl),
    });
    stage.startAgent();
    const failed = await stage.condition('Connected', 'False/CertificateRejected');
    expect(conditionOf(failed, 'CertificateValid')).toBe('False/CertificateMissing');
    expect((await stage.kube.secret('cluster-client-certificates'))?.metadata.name).toBeUndefined();
    fault.remove();
    await stage.configure(runtimeId);
    await stage.synchronized();
  });

  it('waits for a configuration Secret that is missing or unusable, and pairs when it is right', async () => {
    const runtimeId = stage.addRuntime();
    const agent = stage.startAgent();
    await stage.condition('Connected', 'False/ConfigurationMissing');
    const port = await stage.until('the health port is known', () => agent.healthPort());
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);

    await stage.configure(runtimeId, { RUNTIME_ID: 'no-uuid', CONNECTOR_URL: 'http://plain.example.test' });
    const invalid = await stage.condition('Connected', 'False/ConfigurationInvalid');
    expect(messageOf(invalid, 'Connected')).toMatch(/CONNECTOR_URL .*RUNTIME_ID/);
    await stage.configure(runtimeId);
    await stage.synchronized();
  });

  it('goes on when the configuration Secret becomes unusable, and says what is wrong with it', async () => {
    const { runtimeId } = await stage.connect(['Alpha']);
    await stage.configure(runtimeId, { RUNTIME_ID: 'no-uuid' });
    const warned = await stage.condition('Connected', 'True/ConfigurationInvalid');
    expect(messageOf(warned, 'Connected')).toContain('RUNTIME_ID must be a UUID');
    expect(conditionOf(warned, 'Ready')).toBe('True/Synchronized');
    await stage.configure(runtimeId);
    await stage.condition('Connected', 'True/Connected');
  });

  it('leaves a new token alone while it is healthy', async () => {
    const { runtimeId } = await stage.connect(['Alpha']);
    const token = stage.issueToken(runtimeId);
    stage.ucl.requests.clear();
    await stage.configure(runtimeId, { TOKEN: token });
    await stage.sync();
    expect(pairingCalls()).toEqual([]);
  });

  function pairingCalls(): string[] {
    const calls = stage.ucl.requests.all({ endpoint: 'connector-token' });
    return calls.map(({ operation, status }) => `${operation} ${status}`);
  }
});

describe('pairing in a cluster without the CRDs', () => {
  const stage = useStage({ crds: 'none' });

  it('waits for them without ending and connects once they are installed', async () => {
    const runtimeId = stage.addRuntime();
    stage.addSystems(['Alpha']);
    await stage.configure(runtimeId);
    const agent = stage.startAgent();
    await stage.until('the log says what is missing', () => agent.lines().find((line) => line.reason === 'CrdMissing'));
    expect(agent.hasEnded()).toBe(false);
    for (const crd of await readCrds('ours')) await stage.kube.createCrd(crd);
    await stage.synchronized();
  });
});

function messageOf(
  connection: { status?: { conditions: { type: string; message: string }[] } | undefined },
  type: string,
): string {
  return connection.status?.conditions.find((condition) => condition.type === type)?.message ?? '';
}
