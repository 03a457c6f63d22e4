import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createCompass } from '../../../agent/compass/create-compass.ts';
import { openMtlsExchange } from '../../../agent/compass/open-mtls-exchange.ts';
import type { Directors } from '../../../agent/connection/ports.ts';
import { readProxies } from '../../../agent/domain/read-proxies.ts';
import { anAccess } from '../../data/builders/an-access.ts';
import { buildCompassOptions } from '../../data/builders/build-compass-options.ts';
import { type ConnectProxy, startConnectProxy } from '../../servers/connect-proxy/start-connect-proxy.ts';
import { type FakeCompass, startFakeCompass } from './start-fake-compass.ts';

const { signal } = new AbortController();
const host = 'ucl.example';
const known = { json: { data: { viewer: { id: 'r', type: 'RUNTIME' } } } };

let fake: FakeCompass;
let open: FakeCompass;
let proxy: ConnectProxy;
const opened: Directors[] = [];

beforeAll(async () => {
  [fake, open] = [
    await startFakeCompass({ mutual: true, host }),
    await startFakeCompass({ host: 'connector.example' }),
  ];
  fake.reply(() => known);
  open.reply(() => ({ text: '', status: 400 }));
  proxy = await startConnectProxy({ [host]: toPort(fake), 'connector.example': toPort(open) });
});
afterEach(() => {
  for (const directors of opened.splice(0)) directors.close();
  proxy.requests.length = 0;
  fake.requests.length = 0;
});
afterAll(async () => {
  await Promise.all([fake.stop(), open.stop()]);
  await proxy.stop();
});

function toPort({ origin }: FakeCompass): number {
  return Number(new URL(origin).port);
}

function createUcl(env: Record<string, string>) {
  const proxies = readProxies(env);
  if (!proxies.ok) throw new Error(JSON.stringify(proxies.problems));
  const compass = createCompass(buildCompassOptions(), (options) => openMtlsExchange(options, proxies.choose));
  opened.push(compass.directors);
  const director = compass.directors.current(
    anAccess({ directorUrl: fake.url, credential: fake.credential, tenant: 'tenant' }),
  );
  return { ...compass, director };
}

const failure = (asked: Promise<unknown>) =>
  asked.then(
    () => {
      throw new Error('answered');
    },
    (error: unknown) => error,
  );

test.each(['HTTPS_PROXY', 'https_proxy'])(
  'UCL is reached through the proxy of %s, with the certificate of the client at the end of one tunnel',
  async (name) => {
    const { director } = createUcl({ [name]: proxy.url.replace('http://', 'http://user:p%40ss@') });
    for (let request = 0; request < 3; request += 1) await director.proveIdentity(signal);
    expect(fake.requests.map(({ client }) => client)).toEqual(['CN=client', 'CN=client', 'CN=client']);
    expect(proxy.requests).toEqual([`CONNECT ${host}:${toPort(fake)}`]);
    expect(proxy.authorization()).toBe(`Basic ${Buffer.from('user:p@ss').toString('base64')}`);
  },
);

test('the one-time token goes through it as well, where nobody but the Connector sees it', async () => {
  const { connectors } = createUcl({ HTTPS_PROXY: proxy.url });
  await failure(connectors.withToken(open.url, 'the-token').fetchConfiguration(signal));
  expect(open.requests[0]?.headers['connector-token']).toBe('the-token');
  expect(proxy.requests).toEqual([`CONNECT connector.example:${toPort(open)}`]);
});

test('a host in NO_PROXY is reached without it, and where no proxy is set the environment of the process is not asked', async () => {
  const env = { HTTPS_PROXY: proxy.url, NO_PROXY: 'example' };
  process.env.HTTPS_PROXY = proxy.url;
  try {
    for (const each of [env, {}]) {
      // The name is known to the proxy alone.
      expect(await failure(createUcl(each).director.proveIdentity(signal))).toMatchObject({
        reason: 'CompassUnreachable',
        message: expect.stringMatching(/failed: .* \(E(NOTFOUND|AI_AGAIN)\)$/),
      });
    }
  } finally {
    delete process.env.HTTPS_PROXY;
  }
  expect(proxy.requests).toEqual([]);
});

test('a proxy that refuses is named, and has cost no token', async () => {
  const refusing = await startConnectProxy({});
  const { connectors } = createUcl({ HTTPS_PROXY: refusing.url.replace('http://', 'http://user:hunter2@') });
  const told = await failure(connectors.withToken(open.url, 'the-token').fetchConfiguration(signal));
  expect(told).toMatchObject({
    reason: 'CompassUnreachable',
    message: expect.stringMatching(new RegExp(`failed through the proxy ${refusing.address} \\(ERR_PROXY_TUNNEL\\)$`)),
    remedy: expect.stringContaining('Check the proxy that HTTPS_PROXY names'),
    details: expect.objectContaining({ sent: false }),
  });
  expect(JSON.stringify(told) + String(told)).not.toContain('hunter2');
  await refusing.stop();
  const gone = await failure(createUcl({ HTTPS_PROXY: refusing.url }).director.proveIdentity(signal));
  expect(gone).toMatchObject({
    message: expect.stringContaining(
      `through the proxy ${refusing.address}: the connection was refused (ECONNREFUSED)`,
    ),
  });
});
