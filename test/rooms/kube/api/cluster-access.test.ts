import { chmod, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createKubeTransport } from '../../../../agent/kube/api/create-kube-transport.ts';
import { createKubeClient } from '../../../../agent/kube/api/kube-client.ts';
import { knowsProxies } from '../../../../agent/kube/api/load-kube-config.ts';
import { secretType } from '../../../../agent/kube/api/resource-type.ts';
import { GivenUpError } from '../../../../agent/kube/api/supervise-exchange.ts';
import { createCertificateAuthority } from '../../../data/builders/create-certificate-authority.ts';
import { VirtualTime } from '../../../data/fakes/virtual-time.ts';
import { startConnectProxy } from '../../../servers/connect-proxy/start-connect-proxy.ts';
import { startSocksProxy } from '../../../servers/connect-proxy/start-socks-proxy.ts';
import { type ScriptedApi, type ScriptedApiOptions, sendJson, startScriptedApi } from './start-scripted-api.ts';

/** How the API server is reached: its address, the trust in it and the credentials, from the kubeconfig and what it names. */

const { signal } = new AbortController();
const target = { type: secretType, namespace: 'kyma-system', name: 'one' };
const sessionMs = 10_000;
const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** An API server that takes these tokens; without any it takes everybody. */
async function startApi(accepted?: Set<string>, options: ScriptedApiOptions = {}): Promise<ScriptedApi> {
  const api = await startScriptedApi((request, response) => {
    const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
    if (accepted === undefined || accepted.has(token)) sendJson(response, 200, { metadata: { name: 'one' } });
    else sendJson(response, 401, { kind: 'Status', code: 401 });
  }, options);
  cleanups.push(api.stop);
  return api;
}

function open(kubeconfigFile: string) {
  const time = new VirtualTime();
  const transport = createKubeTransport(kubeconfigFile, time);
  const client = createKubeClient(transport, time);
  cleanups.push(async () => client.close());
  const get = () => client.get(target, signal);
  const refusal = () =>
    get().then(
      () => {
        throw new Error('answered');
      },
      (error: unknown) => error,
    );
  return { get, refusal, time, transport };
}

describe('server, trust and credentials are taken together', () => {
  test('also where kubectl was switched to another cluster meanwhile: the agent stays, with its own', async () => {
    const [accepted, elsewhere] = [new Set(['a1']), new Set(['b1'])];
    const [a, b] = [await startApi(accepted), await startApi(elsewhere)];
    const toB = { cluster: b.cluster, user: { token: 'b1' } };
    await a.setContexts({ a: { cluster: a.cluster, user: { token: 'a1' } }, b: toB }, 'a');
    const { get, refusal } = open(a.kubeconfigFile);
    await get();
    accepted.clear();
    await a.setContexts({ a: { cluster: a.cluster, user: { token: 'a1' } }, b: toB }, 'b');
    expect(await refusal()).toMatchObject({ reason: 'PermissionMissing' });
    accepted.add('a2');
    await a.setContexts({ a: { cluster: a.cluster, user: { token: 'a2' } }, b: toB }, 'b');
    await get();
    expect(a.callers).toEqual(['Bearer a1', 'Bearer a1', 'Bearer a1', 'Bearer a2']);
    expect(b.callers).toEqual([]);
  });

  test('where the context is gone: another server gets its own credentials, and the old one never sees them', async () => {
    const accepted = new Set(['a1']);
    const [a, b] = [await startApi(accepted), await startApi(new Set(['b1']))];
    await a.setContexts({ a: { cluster: a.cluster, user: { token: 'a1' } } });
    const { get, transport } = open(a.kubeconfigFile);
    await get();
    accepted.clear();
    await a.setContexts({ b: { cluster: b.cluster, user: { token: 'b1' } } });
    await get();
    expect(a.callers).toEqual(['Bearer a1', 'Bearer a1']);
    expect(b.callers).toEqual(['Bearer b1']);
    expect(transport.server).toBe(`https://127.0.0.1:${b.port}`);
  });

  test('and a kubeconfig that is half written keeps the reading before', async () => {
    const api = await startApi(new Set(['first']));
    const { get, time } = open(api.kubeconfigFile);
    await get();
    await writeFile(api.kubeconfigFile, 'clusters: [');
    await time.pass(sessionMs);
    await get();
    expect(api.callers).toEqual(['Bearer first', 'Bearer first']);
  });

  test('from several files, of which the first that names a context names it for all, as for kubectl', async () => {
    const [a, b] = [await startApi(), await startApi()];
    await a.setContexts({ a: { cluster: a.cluster, user: { token: 'a1' } } });
    await b.setContexts({ b: { cluster: b.cluster, user: { token: 'b1' } } });
    vi.stubEnv('KUBECONFIG', [a.kubeconfigFile, b.kubeconfigFile].join(path.delimiter));
    const client = createKubeClient(createKubeTransport(undefined, new VirtualTime()), new VirtualTime());
    cleanups.push(async () => client.close());
    await client.get(target, signal);
    expect([a.callers, b.callers]).toEqual([['Bearer a1'], []]);
  });
});

describe('trust', () => {
  test('that is replaced inside the kubeconfig is used with the next try', async () => {
    const api = await startApi();
    const { get, refusal } = open(api.kubeconfigFile);
    await get();
    const cluster = await api.replaceAuthority();
    expect(await refusal()).toMatchObject({ reason: 'ClusterUnreachable', next: 'retry' });
    await api.setContexts({ one: { cluster, user: { token: 'second' } } });
    await get();
    expect(api.callers).toEqual(['Bearer first', 'Bearer second']);
  });

  test('in a server is not asked for where it speaks plain HTTP', async () => {
    const api = await startApi(new Set(['first']), { plain: true });
    await open(api.kubeconfigFile).get();
    expect(api.callers).toEqual(['Bearer first']);
  });
});

describe('a token file', () => {
  async function start() {
    const accepted = new Set(['one']);
    const api = await startApi(accepted);
    const file = path.join(api.folder, 'token');
    await writeFile(file, 'one\n');
    await api.setContexts({ one: { cluster: api.cluster, user: { tokenFile: 'token', token: 'old' } } });
    return { ...open(api.kubeconfigFile), api, file, accepted };
  }

  test('beside the kubeconfig is used, with a line break at its end and before a token', async () => {
    const { get, api } = await start();
    await get();
    expect(api.callers).toEqual(['Bearer one']);
  });

  test('is read again when its token is no longer accepted', async () => {
    const { get, api, file, accepted } = await start();
    await get();
    accepted.clear();
    accepted.add('two');
    await writeFile(file, 'two\n');
    await get();
    expect(api.callers).toEqual(['Bearer one', 'Bearer one', 'Bearer two']);
  });

  test('that is not there is named', async () => {
    const { refusal, api, file } = await start();
    await api.setContexts({ one: { cluster: api.cluster, user: { tokenFile: `${file}.missing` } } });
    const { refusal: other } = open(api.kubeconfigFile);
    expect(await other()).toMatchObject({
      reason: 'ConfigurationInvalid',
      next: 'retry',
      message: `The file ${file}.missing that the kubeconfig names cannot be read (ENOENT)`,
      remedy: 'Correct the kubeconfig, or what it names; the agent reads it again by itself.',
    });
    expect(refusal).toBeDefined();
  });
});

describe('an exec plugin', () => {
  /** A plugin that counts its runs, and gives what stands in `credential`. */
  async function start(status: object = { token: 'one' }) {
    const accepted = new Set(['one']);
    const api = await startApi(accepted);
    const file = path.join(api.folder, 'credential');
    const give = (next: object) =>
      writeFile(
        file,
        JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: next }),
      );
    await give(status);
    const command = path.join(api.folder, 'plugin');
    await writeFile(command, `#!/bin/sh\necho run >>'${api.folder}/runs'\ncat '${file}'\n`);
    await chmod(command, 0o755);
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command, interactiveMode: 'Never' };
    await api.setContexts({ one: { cluster: api.cluster, user: { exec } } });
    const runs = async () => (await readFile(path.join(api.folder, 'runs'), 'utf8')).trim().split('\n').length;
    return { ...open(api.kubeconfigFile), api, give, runs, accepted, exec };
  }

  test('whose credentials have no expiry runs once, however long the agent does', async () => {
    const { get, time, runs } = await start();
    for (let session = 0; session < 5; session += 1) {
      await get();
      await time.pass(sessionMs);
    }
    expect(await runs()).toBe(1);
  });

  test('runs again when they have expired', async () => {
    const { get, time, runs } = await start({ token: 'one', expirationTimestamp: '2020-01-01T00:00:00Z' });
    await get();
    await time.pass(sessionMs);
    await get();
    expect(await runs()).toBe(2);
  });

  test('runs again when they are refused, and not at each refusal', async () => {
    const { get, refusal, give, time, runs, accepted, api } = await start();
    await get();
    accepted.clear();
    accepted.add('two');
    await give({ token: 'two' });
    await get();
    expect(await runs()).toBe(2);
    accepted.clear();
    for (let tries = 0; tries < 5; tries += 1) expect(await refusal()).toMatchObject({ reason: 'PermissionMissing' });
    expect(await runs()).toBe(2);
    await time.pass(sessionMs);
    await refusal();
    expect(await runs()).toBe(3);
    expect(api.callers.slice(0, 4)).toEqual(['Bearer one', 'Bearer one', 'Bearer two', 'Bearer two']);
  });

  test.each([
    [
      'is not there',
      'missing-plugin',
      /^The exec plugin missing-plugin of the kubeconfig cannot be started \(ENOENT\)$/,
    ],
    ['fails', 'false', /^The exec plugin false of the kubeconfig failed, or gave no credentials$/],
    ['prints no credentials', 'true', /^The exec plugin true of the kubeconfig failed, or gave no credentials$/],
  ])('that %s is named', async (_, command, message) => {
    const { api, exec } = await start();
    await api.setContexts({ one: { cluster: api.cluster, user: { exec: { ...exec, command } } } });
    expect(await open(api.kubeconfigFile).refusal()).toMatchObject({
      reason: 'ConfigurationInvalid',
      next: 'retry',
      message: expect.stringMatching(message),
    });
  });

  test('that never ends holds no request for ever, and is named', async () => {
    const { api, exec } = await start();
    const sleeper = { ...exec, command: 'sleep', args: ['3'] };
    await api.setContexts({ one: { cluster: api.cluster, user: { exec: sleeper } } });
    const { transport } = open(api.kubeconfigFile);
    const controller = new AbortController();
    const request = { method: 'GET', path: '/api', answer: 'whole', signal: controller.signal } as const;
    const sending = transport.send(request);
    controller.abort(new GivenUpError('timeout'));
    await expect(sending).rejects.toMatchObject({
      reason: 'ConfigurationInvalid',
      message: 'The exec plugin of the kubeconfig does not end',
    });
  });
});

describe('a proxy', () => {
  const host = 'api.example';

  async function start(options: ScriptedApiOptions = {}) {
    const api = await startApi(undefined, { host, ...options });
    const proxy = await startConnectProxy({ [host]: api.port });
    cleanups.push(proxy.stop);
    return { api, proxy };
  }

  test.each(['HTTPS_PROXY', 'https_proxy'])(
    'that %s names is gone through, with the certificate of the client',
    async (name) => {
      const authority = await createCertificateAuthority({ name: 'CN=clients' });
      const { cert, key } = await authority.issue({ subject: 'CN=agent', use: 'client' });
      const { api, proxy } = await start({ clientCa: authority.cert });
      const toData = (pem: string) => Buffer.from(pem).toString('base64');
      const user = { 'client-certificate-data': toData(cert), 'client-key-data': toData(key) };
      await api.setContexts({ one: { cluster: api.cluster, user } });
      vi.stubEnv(name, proxy.url.replace('http://', 'http://user:p%40ss@'));
      const { get, transport } = open(api.kubeconfigFile);
      await Promise.all([get(), get()]);
      await get();
      expect(new Set(proxy.requests)).toEqual(new Set([`CONNECT ${host}:${api.port}`]));
      expect(proxy.requests.length).toBeLessThan(3);
      expect(proxy.authorization()).toBe(`Basic ${Buffer.from('user:p@ss').toString('base64')}`);
      expect(api.callers).toEqual(['CN=agent', 'CN=agent', 'CN=agent']);
      expect(transport.proxy).toBe(proxy.address);
    },
  );

  test('is asked itself for a server that speaks plain HTTP', async () => {
    const { api, proxy } = await start({ plain: true });
    vi.stubEnv('HTTP_PROXY', proxy.url);
    expect(await open(api.kubeconfigFile).get()).toEqual({ from: 'the proxy' });
    expect(proxy.requests).toEqual([`GET http://${host}:${api.port}/api/v1/namespaces/kyma-system/secrets/one`]);
  });

  test('of the kubeconfig comes before that of the environment, whatever NO_PROXY says', async () => {
    const { api, proxy } = await start();
    vi.stubEnv('HTTPS_PROXY', 'http://127.0.0.1:1');
    vi.stubEnv('NO_PROXY', '*');
    const cluster = { ...api.cluster, 'proxy-url': proxy.url };
    await api.setContexts({ one: { cluster, user: { token: 'first' } } });
    await open(api.kubeconfigFile).get();
    expect(proxy.requests).toEqual([`CONNECT ${host}:${api.port}`]);
  });

  test('of the kubeconfig may speak SOCKS', async () => {
    const { api } = await start();
    const socks = await startSocksProxy({ [host]: api.port });
    cleanups.push(socks.stop);
    const cluster = { ...api.cluster, 'proxy-url': socks.url };
    await api.setContexts({ one: { cluster, user: { token: 'first' } } });
    const { get } = open(api.kubeconfigFile);
    await get();
    await get();
    expect(socks.requests).toEqual([`${host}:${api.port}`]);
    expect(api.callers).toEqual(['Bearer first', 'Bearer first']);
  });

  test.each(['NO_PROXY', 'no_proxy'])('is not gone through where %s lists the server', async (name) => {
    const { api, proxy } = await start();
    vi.stubEnv('HTTPS_PROXY', proxy.url);
    vi.stubEnv(name, '.local, example');
    const { refusal, transport } = open(api.kubeconfigFile);
    // The name is known to the proxy alone.
    expect(await refusal()).toMatchObject({
      message: expect.stringMatching(/^The API server https:\/\/api.example:\d+ cannot be reached: E/),
    });
    expect(proxy.requests).toEqual([]);
    expect(transport.proxy).toBeUndefined();
  });

  test('that refuses is named, with what to do and without its password', async () => {
    const { api, proxy } = await start();
    proxy.refuse(407);
    vi.stubEnv('HTTPS_PROXY', proxy.url.replace('http://', 'http://user:hunter2@'));
    const refusal = await open(api.kubeconfigFile).refusal();
    expect(refusal).toMatchObject({
      reason: 'ClusterUnreachable',
      next: 'retry',
      message: `The API server https://${host}:${api.port} cannot be reached through the proxy ${proxy.address}: ERR_PROXY_TUNNEL`,
      remedy: 'Check the proxy, or list the API server in NO_PROXY if it is to be reached without one.',
    });
    expect(JSON.stringify(refusal) + String(refusal)).not.toContain('hunter2');
  });

  test.each([
    ['HTTPS_PROXY', 'socks5://proxy:1080', {}, /^HTTPS_PROXY must be the address of an http or https proxy/],
    ['OTHER', '', { 'proxy-url': 'ftp://proxy' }, /^The proxy-url in the .* is no http, https or socks5 proxy$/],
  ])('of a kind that is not spoken is named before anything is sent: %s %s', async (name, value, more, message) => {
    const { api } = await start();
    vi.stubEnv(name, value);
    await api.setContexts({ one: { cluster: { ...api.cluster, ...more }, user: { token: 'first' } } });
    expect(() => open(api.kubeconfigFile)).toThrow(message);
  });
});

test.each([
  ['22.19.0', false],
  ['22.21.0', true],
  ['23.11.1', false],
  ['24.4.1', false],
  ['24.5.0', true],
  ['26.0.0', true],
])('Connections of Node %s go through a proxy: %s', (version, expected) => {
  expect(knowsProxies(version)).toBe(expected);
});
