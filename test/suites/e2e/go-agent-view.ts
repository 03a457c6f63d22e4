import { createPrivateKey, X509Certificate } from 'node:crypto';
import { expect } from 'vitest';
import { z } from 'zod';
import { callUcl } from '../../servers/ucl/ucl-client.ts';
import { recordedObjects, type Site, updateConnection } from './go-agent-installation.ts';

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

/** The CompassConnection, if the Go agent can read it. Throws where it cannot. */
export async function readAsGoAgent({ kube }: Pick<Site, 'kube'>): Promise<z.infer<typeof connectionOfGo>> {
  const { status, ...rest } = (await kube.connection()) ?? {};
  // The reader of the tests fills these in where they are missing.
  const { conditions: _conditions, failures: _failures, ...stored } = status ?? {};
  return connectionOfGo.parse({ ...rest, status: stored });
}

/** The Go agent's first write: the whole object, status included, with a plain update. Nothing of it may get lost. */
export async function writeAsGoAgent(site: Site): Promise<void> {
  const found = await readAsGoAgent(site);
  await updateConnection(site, {
    apiVersion: 'compass.kyma-project.io/v1alpha1',
    kind: 'CompassConnection',
    ...found,
  });
  expect(await readAsGoAgent(site)).toEqual(found);
}

/** Key, certificate and authorities are as the Go agent needs them, and UCL takes them. */
export async function expectUsablePair(site: Pick<Site, 'kube' | 'ucl'>, runtimeId: string): Promise<void> {
  const { crt = '', key = '', crtChain = '' } = (await site.kube.secret('cluster-client-certificates'))?.data ?? {};
  const { cacert = '' } = (await site.kube.secret('kyma-gateway-certs-cacert', 'istio-system'))?.data ?? {};
  expect(key).toMatch(/^-----BEGIN RSA PRIVATE KEY-----\n/);
  const certificate = new X509Certificate(crt);
  expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true);
  expect(certificate.verify(new X509Certificate(cacert).publicKey)).toBe(true);
  expect(new X509Certificate(crtChain).fingerprint256).toBe(certificate.fingerprint256);
  expect(crtChain.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
  const { directorUrl } = (await readAsGoAgent(site)).spec.managementInfo;
  const { json } = await callUcl(site.ucl, directorUrl, {
    query: '{ viewer { id type } }',
    headers: { Tenant: site.ucl.landscape.tenantId },
    identity: { key, cert: crtChain },
  });
  expect(json?.data).toEqual({ viewer: { id: runtimeId, type: 'RUNTIME' } });
}

/** The same objects as the Go agent wrote for this landscape, field by field. */
export async function expectRecordedObjects({ kube }: Pick<Site, 'kube'>): Promise<void> {
  for (const application of await kube.applications()) {
    expect(application.metadata.labels).toEqual({
      'applicationconnector.kyma-project.io/managed-by': 'compass-runtime-agent',
    });
    applicationOfGo.parse(application.spec);
  }
  for (const { metadata, spec } of recordedObjects('Application')) {
    expect((await kube.application(metadata.name))?.spec).toEqual(spec);
  }
  for (const recorded of recordedObjects('Secret').filter(({ metadata }) => metadata.ownerReferences !== undefined)) {
    const { name, labels, ownerReferences = [] } = recorded.metadata;
    const stored = await kube.secret(name);
    expect(stored?.metadata.labels).toEqual(labels);
    const owner = await kube.application(ownerReferences[0]?.name ?? '');
    expect(stored?.metadata.ownerReferences).toEqual([{ ...ownerReferences[0], uid: owner?.metadata.uid }]);
    const data = Object.entries(z.record(text, text).parse(recorded.data));
    const decoded = data.map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]);
    expect(readable(stored?.data ?? {})).toEqual(readable(Object.fromEntries(decoded)));
  }
}

/** Go escapes more in JSON than is needed: what it means is compared. */
function readable(values: Record<string, string>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, value.startsWith('{') ? JSON.parse(value) : value]),
  );
}
