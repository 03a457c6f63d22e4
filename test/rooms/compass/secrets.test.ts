import { inspect } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createCompass } from '../../../agent/compass/create-compass.ts';
import { openMtlsExchange } from '../../../agent/compass/open-mtls-exchange.ts';
import { anAccess } from '../../data/builders/an-access.ts';
import { buildCompassOptions } from '../../data/builders/build-compass-options.ts';
import { recordLog } from '../../data/builders/record-log.ts';
import { type FakeCompass, type FakeReply, startFakeCompass } from './start-fake-compass.ts';

const token = 'Y2FuYXJ5LXRva2VuLWNhbmFyeS10b2tlbi1jYW5hcnktdG9rZW4tY2FuYXJ5LXRva2VuLWNhbmFyeS10b2tlbg==';
const password = 'canary-password';
const clientSecret = 'canary-client-secret';
const signal = new AbortController().signal;
let fake: FakeCompass;

beforeAll(async () => {
  fake = await startFakeCompass();
});
afterAll(() => fake.stop());

function page(bundles: unknown) {
  return {
    viewer: { id: 'r', type: 'RUNTIME' },
    runtime: { labels: {} },
    applicationsForRuntime: {
      data: [{ id: 'a', name: 'system', description: null, auths: [], bundles }],
      pageInfo: { endCursor: '', hasNextPage: false },
      totalCount: 1,
    },
  };
}

const bundle = {
  id: 'b',
  name: 'bundle',
  description: null,
  defaultInstanceAuth: {
    credential: { __typename: 'BasicCredentialData', username: clientSecret, password },
    additionalHeaders: { authorization: [password] },
    additionalQueryParams: 7,
    requestAuth: null,
  },
};
const data = page({ data: [bundle], pageInfo: { endCursor: '', hasNextPage: false }, totalCount: 1 });
const told = [
  `Internal Server Error [errorID=29417d41-fa5c-4f19-9500-d7358fec41a0, reason: auth ${password} ${clientSecret}]`,
];

const replies: [string, FakeReply][] = [
  ['an answer that does not fit', { json: { data } }],
  ['an answer that does not fit, as a refusal', { json: { data }, status: 422 }],
  [
    'errors that quote secrets',
    { json: { errors: told.map((message) => ({ message, path: ['runtime'], extensions: { error_code: 10 } })), data } },
  ],
  [
    'errors inside one system',
    {
      json: {
        errors: told.map((message) => ({
          message,
          path: ['applicationsForRuntime', 'data', 0, 'bundles'],
          extensions: { error_code: 10 },
        })),
        data,
      },
    },
  ],
  ['errors that quote a token', { json: { errors: [{ message: `token ${token} is used` }], data: null } }],
  [
    'errors that quote a certificate',
    { json: { errors: [{ message: '-----BEGIN CERTIFICATE-----canary-password' }], data: null } },
  ],
  [
    'a body that is not GraphQL',
    { text: `<html>${password} ${token}</html>`, headers: { 'content-type': 'text/html' } },
  ],
  ['a body that is not JSON', { text: `{"data": ${password} ${token}` }],
  ['a 500 with a body', { text: `${password} ${token}`, status: 500 }],
  ['a 400 with a body', { json: { error: `${password} ${token}` }, status: 400 }],
  ['a 503', { json: { data }, status: 503 }],
  ['a body cut short', { cut: { data } }],
  ['a closed connection', { reset: true }],
  ['silence', { hang: true }],
  ['a body over the limit', { text: password.repeat(20_000) }],
  [
    'an answer whose certificates are none',
    {
      json: {
        data: {
          signCertificateSigningRequest: {
            clientCertificate: btoa(password),
            certificateChain: password,
            caCertificate: '',
          },
        },
      },
    },
  ],
  [
    'a configuration that lacks something',
    {
      json: {
        data: {
          configuration: {
            token: { token },
            certificateSigningRequestInfo: null,
            managementPlaneInfo: { directorURL: password, certificateSecuredConnectorURL: null },
          },
        },
      },
    },
  ],
];

it.each(replies)('no secret leaves the room after %s', async (_, reply) => {
  const log = recordLog();
  const compass = createCompass(
    buildCompassOptions({
      requestTimeoutMs: 300,
      maxResponseBytes: 100_000,
      pageSize: 10,
      queryLogging: true,
      log,
    }),
    openMtlsExchange,
  );
  fake.reply(() => reply);
  const keyLine = fake.credential.privateKeyPem.split('\n')[1] ?? '';
  const certificateLine = fake.credential.certificatePem.split('\n')[1] ?? '';
  const director = compass.directors.current(anAccess({ directorUrl: fake.url, credential: fake.credential }));
  const asked = [
    director.readLandscape(signal).then((landscape) => landscape.gaps),
    director.setRuntimeLabel('key', 'value', signal),
    director.proveIdentity(signal),
    compass.connectors.withToken(fake.url, token).fetchConfiguration(signal),
    compass.connectors.withToken(fake.url, token).signCertificateSigningRequest('canary-csr', signal),
    compass.connectors.withCertificate(fake.url, fake.credential).fetchConfiguration(signal),
  ];
  const shown: string[] = [];
  for (const outcome of await Promise.allSettled(asked)) {
    const thing: unknown = outcome.status === 'fulfilled' ? outcome.value : outcome.reason;
    if (thing instanceof Error) shown.push(thing.message, thing.stack ?? '', String(thing));
    shown.push(JSON.stringify(thing) ?? '', inspect(thing, { depth: 20, showHidden: true }));
  }
  const everything = [...shown, log.text()].join('\n');
  expect(log.entries.length).toBeGreaterThan(0);
  for (const secret of [token, password, clientSecret, keyLine, certificateLine, 'canary-csr', 'PRIVATE KEY']) {
    expect(secret).not.toBe('');
    expect(everything).not.toContain(secret);
  }
});
