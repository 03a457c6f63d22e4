import { createPrivateKey, X509Certificate } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { connectionPath } from '../../servers/cluster/create-cluster-client.ts';
import { mintIdentity } from '../../servers/ucl/mint-identity.ts';
import { callUcl } from '../../servers/ucl/ucl-client.ts';
import {
  exchangeCrd,
  installAsGoAgent,
  recordedObjects,
  registerGoAgentLandscape,
  syncOnEitherCrd,
  updateConnection,
} from './go-agent-installation.ts';
import { useStage } from './start-stage.ts';

/**
 * What the Go agent finds when it comes back. Its own types are stated here: it reads fields by these names, panics
 * where `connectionStatus` is missing, and takes no time that is not RFC 3339.
 */

const text = z.string();
/** Go's zero time is null; an absent one would read the same. */
const time = z.iso.datetime().nullable();
const connectionOfGo = z.object({
  metadata: z.object({ name: z.literal('compass-connection') }),
  spec: z.strictObject({
    managementInfo: z.strictObject({ directorUrl: z.url(), connectorUrl: z.url() }),
    resyncNow: z.literal(false).optional(),
    refreshCredentialsNow: z.literal(false).optional(),
  }),
  status: z.strictObject({
    connectionState: z.literal('Synchronized'),
    connectionStatus: z.strictObject({
      established: time,
      renewed: time,
      lastSync: time,
      lastSuccess: time,
      certificateStatus: z.strictObject({
        acquired: z.iso.datetime(),
        notBefore: z.iso.datetime(),
        notAfter: z.iso.datetime(),
      }),
    }),
    synchronizationStatus: z.strictObject({
      lastAttempt: time,
      lastSuccessfulFetch: time,
      lastSuccessfulApplication: time,
      error: text.optional(),
    }),
  }),
});

/** Every field that the Go agent always writes (docs/contracts/kubernetes.md#json-types); the optional ones besides. */
const entryOfGo = z.strictObject({
  id: text,
  type: z.enum(['API', 'Events']),
  name: text,
  targetUrl: text,
  centralGatewayUrl: text,
  gatewayUrl: text,
  credentials: z.strictObject({
    type: z.enum(['', 'Basic', 'OAuth']),
    secretName: text,
    authenticationUrl: text.optional(),
    csrfInfo: z.strictObject({ tokenEndpointURL: text }).optional(),
  }),
  requestParametersSecretName: text.optional(),
});
const applicationOfGo = z.strictObject({
  description: text,
  displayName: text,
  providerDisplayName: text,
  longDescription: text,
  skipVerify: z.boolean(),
  encodeUrl: z.literal(false),
  labels: z.strictObject({ 'connected-app': text }),
  compassMetadata: z.strictObject({
    applicationId: z.uuid(),
    authentication: z.strictObject({ clientIds: z.array(text) }),
  }),
  services: z.array(
    z.strictObject({
      id: text,
      identifier: text,
      name: text,
      displayName: text,
      description: text,
      providerDisplayName: text,
      authCreateParameterSchema: text.optional(),
      entries: z.array(entryOfGo),
    }),
  ),
});

describe('the hand-back to the Go agent', () => {
  const stage = useStage({ crds: 'ours' });

  beforeEach(() => exchangeCrd(stage, 'ours'));

  const goIdentity = { apiVersion: 'compass.kyma-project.io/v1alpha1', kind: 'CompassConnection' };

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

    const { status } = await readAsGoAgent();
    expect(status.connectionStatus.renewed).not.toBeNull();
    expect(status.connectionStatus.certificateStatus.acquired).toBe(status.connectionStatus.renewed);
    await expectUsablePair(runtimeId);
    await expectRecordedObjects();
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
    expect((await readAsGoAgent()).spec).toMatchObject({ resyncNow: false, refreshCredentialsNow: false });
    expect((await stage.kube.secret('cluster-client-certificates'))?.data.crt).not.toBe(before);
    await expectUsablePair(runtimeId);
  });

  it('leaves the CA Secret, without which the Go agent takes its credentials for lost, also where it was missing', async () => {
    const { runtimeId } = await installAsGoAgent(stage, 'ours');
    await stage.kube.remove('/api/v1/namespaces/istio-system/secrets/kyma-gateway-certs-cacert');
    const agent = stage.startAgent();
    await stage.sync();
    await agent.stop();
    await handBack();
    await expectUsablePair(runtimeId);
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

    await readAsGoAgent();
    await expectUsablePair(runtimeId);
    expect((await stage.kube.secret('cluster-client-certificates'))?.data.crt).toBe(takenOver.clientCertificate);
    expect((await stage.kube.application('mp-added-later'))?.spec.compassMetadata?.applicationId).toBe(id);
    await expectRecordedObjects();
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
    // The Go agent writes the whole object, status included, with a plain update.
    const found = await readAsGoAgent();
    await updateConnection(stage, { ...goIdentity, ...found });
    expect(await readAsGoAgent()).toEqual(found);
  }

  async function readAsGoAgent(): Promise<z.infer<typeof connectionOfGo>> {
    const { status, ...rest } = (await stage.kube.connection()) ?? {};
    // The reader of the tests fills these in where they are missing.
    const { conditions: _conditions, failures: _failures, ...stored } = status ?? {};
    return connectionOfGo.parse({ ...rest, status: stored });
  }

  async function expectUsablePair(runtimeId: string): Promise<void> {
    const { crt = '', key = '', crtChain = '' } = (await stage.kube.secret('cluster-client-certificates'))?.data ?? {};
    const { cacert = '' } = (await stage.kube.secret('kyma-gateway-certs-cacert', 'istio-system'))?.data ?? {};
    expect(key).toMatch(/^-----BEGIN RSA PRIVATE KEY-----\n/);
    const certificate = new X509Certificate(crt);
    expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(certificate.verify(new X509Certificate(cacert).publicKey)).toBe(true);
    expect(new X509Certificate(crtChain).fingerprint256).toBe(certificate.fingerprint256);
    expect(crtChain.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    const { directorUrl } = (await readAsGoAgent()).spec.managementInfo;
    const { json } = await callUcl(stage.ucl, directorUrl, {
      query: '{ viewer { id type } }',
      headers: { Tenant: stage.ucl.landscape.tenantId },
      identity: { key, cert: crtChain },
    });
    expect(json?.data).toEqual({ viewer: { id: runtimeId, type: 'RUNTIME' } });
  }

  /** The same objects as the Go agent wrote for this landscape, field by field. */
  async function expectRecordedObjects(): Promise<void> {
    for (const application of await stage.kube.applications()) {
      expect(application.metadata.labels).toEqual({
        'applicationconnector.kyma-project.io/managed-by': 'compass-runtime-agent',
      });
      applicationOfGo.parse(application.spec);
    }
    for (const { metadata, spec } of recordedObjects('Application')) {
      expect((await stage.kube.application(metadata.name))?.spec).toEqual(spec);
    }
    for (const recorded of recordedObjects('Secret').filter(({ metadata }) => metadata.ownerReferences !== undefined)) {
      const { name, labels, ownerReferences = [] } = recorded.metadata;
      const stored = await stage.kube.secret(name);
      expect(stored?.metadata.labels).toEqual(labels);
      const owner = await stage.kube.application(ownerReferences[0]?.name ?? '');
      expect(stored?.metadata.ownerReferences).toEqual([{ ...ownerReferences[0], uid: owner?.metadata.uid }]);
      const data = Object.entries(z.record(text, text).parse(recorded.data));
      const decoded = data.map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]);
      expect(readable(stored?.data ?? {})).toEqual(readable(Object.fromEntries(decoded)));
    }
  }
});

/** Go escapes more in JSON than is needed: what it means is compared. */
function readable(values: Record<string, string>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, value.startsWith('{') ? JSON.parse(value) : value]),
  );
}
