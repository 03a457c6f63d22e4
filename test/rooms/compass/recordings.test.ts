import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createCompass } from '../../../agent/compass/create-compass.ts';
import { openMtlsExchange } from '../../../agent/compass/open-mtls-exchange.ts';
import { anAccess } from '../../data/builders/an-access.ts';
import { buildCompassOptions } from '../../data/builders/build-compass-options.ts';
import { type FakeCompass, type FakeReply, startFakeCompass } from './start-fake-compass.ts';

const recordingSchema = z.object({
  response: z.object({ status: z.number(), headers: z.record(z.string(), z.string()), body: z.unknown() }),
});

/** What the real backend answered (test/data/recordings/README.md). */
function readRecording(name: string): z.infer<typeof recordingSchema>['response'] {
  const file = new URL(`../../data/recordings/compass/${name}.json`, import.meta.url);
  return recordingSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).response;
}

function replay(name: string): FakeReply {
  const { status, headers, body } = readRecording(name);
  const kept = { 'content-type': headers['content-type'] ?? '' };
  return typeof body === 'string' ? { status, text: body, headers: kept } : { status, json: body, headers: kept };
}

function readData(name: string): Record<string, unknown> {
  return z.object({ data: z.record(z.string(), z.unknown()) }).parse(readRecording(name).body).data;
}

const runtimeId = 'ae34fb12-87ed-4366-b051-572af48a6b35';
const signal = new AbortController().signal;
let fake: FakeCompass;

beforeAll(async () => {
  fake = await startFakeCompass();
});
afterAll(() => fake.stop());

function createClients() {
  const { connectors, directors } = createCompass(buildCompassOptions(), openMtlsExchange);
  return {
    token: connectors.withToken(fake.url, 'token'),
    certificate: connectors.withCertificate(fake.url, fake.credential),
    director: directors.current(anAccess({ directorUrl: fake.url, credential: fake.credential, runtimeId })),
  };
}

describe('the recorded landscape', () => {
  it('is read whole, with the credentials of this runtime', async () => {
    const { viewer } = readData('01-viewer');
    const { runtime } = readData('02-runtime-labels');
    const { applicationsForRuntime } = readData('07-applications-for-runtime-after-instance-auth');
    fake.reply(() => ({ json: { data: { viewer, runtime, applicationsForRuntime } } }));
    const { applications, gaps, runtimeLabels } = await createClients().director.readLandscape(signal);
    expect(gaps).toEqual([]);
    expect(runtimeLabels).toMatchObject({ isNormalized: 'true', scenarios: ['landscape-a'] });
    expect(applications.map(({ name }) => name)).toContain('mp-system-number-app-Sys_0000.123');
    const basic = applications.find(({ name }) => name === 'mp-basic-app');
    expect(basic?.bundles[0]).toMatchObject({
      name: 'bundle basic',
      auth: {
        credential: {
          typename: 'OAuthCredentialData',
          fields: {
            clientId: 'inst-client',
            clientSecret: 'inst-secret',
            url: 'https://oauth.example.test/instance',
          },
        },
      },
      apiDefinitions: [{ name: expect.any(String) }, { name: expect.any(String) }],
      eventDefinitions: [{ name: 'Orders Events' }],
    });
    const kinds = applications.flatMap(({ bundles }) => bundles.map(({ auth }) => auth?.credential?.typename));
    expect(new Set(kinds)).toEqual(
      new Set(['BasicCredentialData', 'OAuthCredentialData', 'CertificateOAuthCredentialData', undefined]),
    );
    const csrf = applications.flatMap(({ bundles }) => bundles.map(({ auth }) => auth?.csrfTokenEndpointUrl));
    expect(csrf.some((url) => url?.startsWith('https://'))).toBe(true);
  });
});

describe('a recorded answer of the Connector', () => {
  it.each(['51-configuration-token', '58-configuration-mtls'])('%s gives the configuration', async (name) => {
    fake.reply(() => replay(name));
    const read = await createClients().token.fetchConfiguration(signal);
    expect(read).toEqual({
      token: expect.stringMatching(/^[\w-]{86}==$/),
      subject: expect.stringMatching(/^O=Org,OU=OrgUnit,L=locality,ST=province,C=DE,CN=[0-9a-f-]{36}$/),
      directorUrl: 'https://compass-gateway-mtls.example.test/director/graphql',
      securedConnectorUrl: 'https://compass-gateway-mtls.example.test/connector/graphql',
    });
  });

  it.each(['52-sign-csr', '59-sign-mtls'])('%s gives three PEM texts', async (name) => {
    fake.reply(() => replay(name));
    const signed = await createClients().certificate.signCertificateSigningRequest('csr', signal);
    expect(signed.clientCertificatePem).toMatch(/^-----BEGIN CERTIFICATE-----\n/);
    expect(signed.caCertificatePem).toMatch(/^-----BEGIN CERTIFICATE-----\n/);
    expect(signed.certificateChainPem.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
  });

  it.each([
    ['51-configuration-no-token', 'TokenRefusedOrUnavailable', 'CompassRefused'],
    ['51-configuration-token-invalid', 'TokenRefusedOrUnavailable', 'CompassRefused'],
    ['51-configuration-token-reused', 'TokenRefusedOrUnavailable', 'CompassRefused'],
    ['80-database-down-connector-token', 'TokenRefusedOrUnavailable', 'CompassRefused'],
    ['43-deleted-system-auth-connector', 'TokenRefusedOrUnavailable', 'CompassRefused'],
    ['63-revoked-connector-configuration', 'TokenRefusedOrUnavailable', 'CompassRefused'],
    ['55-sign-not-base64', 'TokenRefused', 'CompassRefused'],
    ['55-sign-not-pem', 'TokenRefused', 'CompassRefused'],
    ['55-sign-ecdsa', 'TokenRefused', 'CompassRefused'],
    ['55-sign-wrong-cn', 'TokenRefused', 'CompassRefused'],
    ['58-configuration-mtls-wrong-tenant', 'TokenRefused', 'CompassRefused'],
    ['61-connector-unknown-field', 'TokenRefused', 'InvalidAnswer'],
    ['80-connector-down-connector-token', 'CompassUnreachable', 'CompassUnreachable'],
    ['80-connector-down-connector-mtls', 'CompassUnreachable', 'CompassUnreachable'],
    ['80-hydrator-down-connector-token', 'CompassUnreachable', 'CompassUnreachable'],
    ['36-unknown-path', 'InvalidAnswer', 'InvalidAnswer'],
  ])('%s is %s to a token and %s to a certificate', async (name, toToken, toCertificate) => {
    fake.reply(() => replay(name));
    const { token, certificate } = createClients();
    await expect(token.fetchConfiguration(signal)).rejects.toMatchObject({ reason: toToken });
    await expect(certificate.signCertificateSigningRequest('csr', signal)).rejects.toMatchObject({
      reason: toCertificate,
    });
  });
});

describe('a recorded answer of the Director', () => {
  it('to viewer proves the identity', async () => {
    fake.reply(() => replay('53-viewer-mtls'));
    await expect(createClients().director.proveIdentity(signal)).resolves.toBeUndefined();
  });

  it.each([
    ['43-deleted-system-auth-director', 'CompassRefused'],
    ['43-deleted-system-auth-viewer', 'CompassRefused'],
    ['63-revoked-director-viewer', 'CompassRefused'],
    ['80-database-down-director-apps', 'CompassRefused'],
    ['80-database-down-viewer', 'CompassRefused'],
    ['53-viewer-mtls-wrong-known-tenant', 'CompassRefused'],
    ['80-director-down-director-apps', 'CompassUnreachable'],
    ['80-hydrator-down-director-apps', 'CompassUnreachable'],
    ['73-odd-chars-schema', 'InvalidAnswer'],
    ['36-unknown-path', 'InvalidAnswer'],
  ])('%s fails the read as %s', async (name, reason) => {
    fake.reply(() => replay(name));
    const { director } = createClients();
    await expect(director.readLandscape(signal)).rejects.toMatchObject({ reason });
  });

  it.each(['30-unknown-runtime-applications', '32-wrong-known-tenant'])(
    '%s is RuntimeMismatch where the certificate belongs to another runtime',
    async (name) => {
      const viewer = { id: 'another', type: 'RUNTIME' };
      fake.reply(({ operation }) => (operation === 'Viewer' ? { json: { data: { viewer } } } : replay(name)));
      const { director } = createClients();
      await expect(director.readLandscape(signal)).rejects.toMatchObject({ reason: 'RuntimeMismatch' });
    },
  );
});
