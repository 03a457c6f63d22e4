import { describe, expect, test } from 'vitest';
import { applicationApiVersion } from '../../../agent/domain/resources.ts';
import { createCluster } from '../../../agent/kube/create-cluster.ts';
import type { ClusterChange } from '../../../agent/pace/triggers.ts';
import { recordLog } from '../../data/builders/record-log.ts';
import { VirtualTime } from '../../data/fakes/virtual-time.ts';
import { createFakeExchange, type FakeAnswer } from './api/fake-exchange.ts';
import { defaultConfig } from './open-cluster.ts';
import { type OpenStream, openStream } from './watch/start-watched-api.ts';

type Kind =
  | 'connections'
  | 'configuration'
  | 'applications'
  | 'secrets'
  | 'clientCertificate'
  | 'caCertificate'
  | 'namedSecret'
  | 'namedSecretWrite'
  | 'events';

const forbidden: FakeAnswer = { status: 403 };
const connection = {
  apiVersion: 'compass.kyma-project.io/v1alpha1',
  kind: 'CompassConnection',
  metadata: { name: 'compass-connection', uid: 'uid-c', resourceVersion: '1' },
  spec: { managementInfo: { directorUrl: '', connectorUrl: '' } },
};

function toKind(path: string, method = 'GET'): Kind {
  if (path.includes('/compassconnections')) return 'connections';
  if (path.includes('/applications')) return 'applications';
  if (path.includes('/events')) return 'events';
  if (path.includes('compass-agent-configuration')) return 'configuration';
  if (/secrets\/[^?]+$/.test(path)) return method === 'GET' ? 'namedSecret' : 'namedSecretWrite';
  if (path.includes('cluster-client-certificates')) return 'clientCertificate';
  return path.includes('kyma-gateway-certs-cacert') ? 'caCertificate' : 'secrets';
}

function toName(path: string): string {
  return path.split('/').at(-1) ?? '';
}

function secret(name: string, resourceVersion: string, owner?: string) {
  const ownerReferences = [{ apiVersion: applicationApiVersion, kind: 'Application', name: 'a', uid: owner }];
  const metadata = { name, namespace: 'kyma-system', uid: `uid-${name}`, resourceVersion, labels: { bundleId: 'b' } };
  return { metadata: { ...metadata, ...(owner === undefined ? {} : { ownerReferences }) } };
}

/** The cluster on an API server in memory; `lists` and `refusals` say what each kind is answered. */
function start(lists: Partial<Record<Kind, object[]>> = {}, refusals: Partial<Record<Kind, FakeAnswer>> = {}) {
  const time = new VirtualTime();
  const streams = new Map<Kind, OpenStream>();
  const named = new Map<string, object>();
  const exchange = createFakeExchange(({ method, path, body = '{}' }) => {
    const kind = toKind(path, method);
    const refusal = refusals[kind];
    if (refusal !== undefined) return refusal;
    if (path.includes('watch=true')) {
      const { stream, body: chunks } = openStream(path);
      streams.set(kind, stream);
      return { status: 200, body: chunks };
    }
    if (kind === 'namedSecret') return { status: 200, body: named.get(toName(path)) ?? {} };
    if (method !== 'GET') return { status: 200, body: method === 'DELETE' ? { kind: 'Status' } : JSON.parse(body) };
    return { status: 200, body: { metadata: { resourceVersion: '10' }, items: lists[kind] ?? [] } };
  });
  const changes: ClusterChange[] = [];
  const log = recordLog();
  const stop = new AbortController();
  const cluster = createCluster(
    {
      config: defaultConfig,
      exchange,
      log,
      time,
      random: () => 0.5,
      onChange: (change) => changes.push(change),
    },
    stop.signal,
  );
  const push = async (kind: Kind, type: string, object: object) => {
    streams.get(kind)?.push({ type, object });
    await time.pass(0);
  };
  return { cluster, exchange, time, changes, log, stop, push, refusals, named };
}

describe('the cluster', () => {
  test('is ready when every watch follows it', async () => {
    const { cluster, time } = start();
    expect([cluster.isReady(), cluster.whyNotReady()]).toEqual([false, 'The first read of the cluster is under way.']);
    await time.pass(0);
    expect([cluster.isReady(), cluster.whyNotReady()]).toEqual([true, undefined]);
    expect(cluster.limitations()).toEqual([]);
    expect(cluster.server).toBe('https://api.example');
  });

  test('is ready without permissions too, and says what is missing in the order of its weight', async () => {
    const refused = { connections: forbidden, configuration: forbidden, applications: forbidden, secrets: forbidden };
    const { cluster, time } = start({}, { ...refused, events: forbidden });
    cluster.events.record({ type: 'Normal', reason: 'Connected', message: 'one' });
    await time.pass(0);
    expect(cluster.isReady()).toBe(true);
    expect(cluster.limitations()).toEqual([
      expect.stringMatching(
        /^The agent may not .* compassconnections.*, so requests by annotation on the CompassConne/,
      ),
      expect.stringMatching(
        /^The agent may not .* secrets "compass-agent-configuration".*, so a new token in the Secr/,
      ),
      expect.stringMatching(
        /^The agent may not list applications.*, so Applications that others change are corrected /,
      ),
      expect.stringMatching(
        /^The agent may not list secrets in namespace kyma-system, so each Secret is read on its o/,
      ),
      expect.stringMatching(/^The agent may not create events.*, so no Events tell of what happens\.$/),
    ]);
  });

  test('is not ready while a watch fails, and says which', async () => {
    const { cluster, time } = start({}, { applications: { status: 503 } });
    await time.pass(0);
    expect(cluster.isReady()).toBe(false);
    expect(cluster.whyNotReady()).toContain('applications.applicationconnector.kyma-project.io (503)');
  });
});

describe('the Secrets of the certificates', () => {
  const pair = { certificatePem: 'certificate', privateKeyPem: 'key', chainPem: 'chain' };
  const toData = (values: Record<string, string>) =>
    Object.fromEntries(Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));
  const stored = (name: string, resourceVersion: string, values: Record<string, string>) => ({
    metadata: { name, uid: `uid-${name}`, resourceVersion },
    data: toData(values),
  });
  const client = (resourceVersion: string, key = 'key') =>
    stored('cluster-client-certificates', resourceVersion, { crt: 'certificate', key, crtChain: 'chain' });
  const ca = stored('kyma-gateway-certs-cacert', '2', { cacert: 'ca' });

  /** With how often a Secret was read by its name. */
  async function startWatched(refusals: Partial<Record<Kind, FakeAnswer>> = {}) {
    const started = start({ clientCertificate: [client('1')], caCertificate: [ca] }, refusals);
    await started.time.pass(0);
    started.named.set('cluster-client-certificates', client('12', 'live'));
    started.named.set('kyma-gateway-certs-cacert', ca);
    const reads = () =>
      started.exchange.requests
        .filter(({ method, path }) => method === 'GET' && toKind(path) === 'namedSecret')
        .map(({ path }) => toName(path));
    return { ...started, credentials: started.cluster.credentials, reads, signal: started.stop.signal };
  }

  test('are not read again while the watches tell what serves', async () => {
    const { credentials, reads, signal } = await startWatched();
    expect(await credentials.readClientPair(signal, pair)).toEqual(pair);
    expect(await credentials.hasCaCertificate('watched', signal)).toBe(true);
    expect(reads()).toEqual([]);
  });

  test('are read live where something is to be decided about the key, and where another one is told', async () => {
    const { credentials, push, reads, signal } = await startWatched();
    expect(await credentials.readClientPair(signal)).toMatchObject({ privateKeyPem: 'live' });
    expect(reads()).toHaveLength(1);
    await push('clientCertificate', 'MODIFIED', client('11', 'told'));
    expect(await credentials.readClientPair(signal, pair)).toMatchObject({ privateKeyPem: 'live' });
    expect(reads()).toHaveLength(2);
  });

  test('are looked for once the watches say that they are gone', async () => {
    const { credentials, push, reads, signal } = await startWatched();
    await push('clientCertificate', 'DELETED', client('11'));
    await push('caCertificate', 'DELETED', ca);
    expect(await credentials.readClientPair(signal, pair)).toMatchObject({ privateKeyPem: 'live' });
    expect(await credentials.hasCaCertificate('watched', signal)).toBe(false);
    expect(await credentials.hasCaCertificate('live', signal)).toBe(true);
    expect(reads()).toEqual(['cluster-client-certificates', 'kyma-gateway-certs-cacert']);
  });

  test('are known at once where the agent wrote them, and read again where its write got no answer', async () => {
    const { credentials, named, reads, refusals, signal } = await startWatched();
    const next = { ...pair, privateKeyPem: 'next' };
    await credentials.storeClientPair(next, signal);
    const before = reads();
    expect(await credentials.readClientPair(signal, next)).toEqual(next);
    expect(reads()).toEqual(before);
    named.set('cluster-client-certificates', client('13', 'live'));
    refusals.namedSecretWrite = { status: 504 };
    await expect(credentials.storeClientPair(pair, signal)).rejects.toThrow();
    expect(await credentials.readClientPair(signal, next)).toMatchObject({ privateKeyPem: 'live' });
  });

  test('are read each time where they may not be watched, which the log tells and no limitation', async () => {
    const refused = { clientCertificate: forbidden, caCertificate: forbidden };
    const { cluster, credentials, named, reads, log, signal, time } = await startWatched(refused);
    named.set('cluster-client-certificates', client('1'));
    expect(await credentials.readClientPair(signal, pair)).toEqual(pair);
    expect(await credentials.hasCaCertificate('watched', signal)).toBe(true);
    expect(reads()).toEqual(['cluster-client-certificates', 'kyma-gateway-certs-cacert']);
    expect([cluster.isReady(), cluster.limitations()]).toEqual([true, []]);
    expect(Object.values(cluster.watchPhases())).not.toContain('forbidden');
    expect(log.text()).toContain('so the Secret istio-system/kyma-gateway-certs-cacert is read with each synchroniz');
    await time.pass(9_000);
    expect(reads()).toHaveLength(2);
  });
});

describe('changes', () => {
  test('of the first lists are none', async () => {
    const { time, changes } = start({ connections: [connection], secrets: [secret('one', '1')] });
    await time.pass(0);
    expect(changes).toEqual([]);
  });

  test('of the CompassConnection are told where people make them, and not those of its status', async () => {
    const { time, changes, push } = start({ connections: [connection] });
    await time.pass(0);
    const metadata = { ...connection.metadata, resourceVersion: '11' };
    await push('connections', 'MODIFIED', { ...connection, metadata, status: { connectionState: 'Connected' } });
    expect(changes).toEqual([]);
    const asked = { ...metadata, resourceVersion: '12', annotations: { 'example.com/a': 'b' } };
    await push('connections', 'MODIFIED', { ...connection, metadata: asked });
    expect(changes).toEqual(['connection']);
  });

  test('of the configuration Secret are told when its content is another', async () => {
    const named = (resourceVersion: string, data: object) => ({
      metadata: { name: 'compass-agent-configuration', uid: 'u', resourceVersion },
      data,
    });
    const { time, changes, push } = start({ configuration: [named('1', { TOKEN: 'YQ==' })] });
    await time.pass(0);
    await push('configuration', 'MODIFIED', named('11', { TOKEN: 'YQ==' }));
    expect(changes).toEqual([]);
    await push('configuration', 'MODIFIED', named('12', { TOKEN: 'Yg==' }));
    expect(changes).toEqual(['configuration']);
  });

  test('of Applications and Secrets are told, but not the Secrets that go with an Application that the agent deleted', async () => {
    const application = { metadata: { name: 'a', uid: 'uid-a', resourceVersion: '1' } };
    const secrets = [secret('one', '1', 'uid-a'), secret('two', '1', 'uid-b'), secret('three', '1')];
    const { cluster, time, changes, stop, push } = start({ applications: [application], secrets });
    await time.pass(0);
    await cluster.applications.deleteApplication('a', { uid: 'uid-a', version: '1' }, stop.signal);
    await push('applications', 'DELETED', application);
    await push('secrets', 'DELETED', secret('one', '11', 'uid-a'));
    expect(changes).toEqual([]);
    await push('secrets', 'DELETED', secret('two', '12', 'uid-b'));
    await push('secrets', 'DELETED', secret('three', '13'));
    await push('applications', 'ADDED', { metadata: { name: 'b', uid: 'uid-b', resourceVersion: '14' } });
    expect(changes).toEqual(['managed-objects', 'managed-objects', 'managed-objects']);
  });
});

describe('stopping', () => {
  test('writes the Events that were recorded, ends every watch and closes the way to the API server', async () => {
    const { cluster, exchange, time } = start({ connections: [connection] });
    await time.pass(0);
    cluster.events.record({ type: 'Normal', reason: 'Connected', message: 'one' });
    await cluster.stop();
    const sent = exchange.requests.find(({ method }) => method === 'POST');
    expect(JSON.parse(sent?.body ?? '{}')).toMatchObject({ message: 'one', involvedObject: { uid: 'uid-c' } });
    expect(exchange.isClosed()).toBe(true);
    expect(exchange.requests.every(({ signal }) => signal.aborted)).toBe(true);
    expect(time.pausesMs()).toEqual([]);
  });

  test('waits two seconds for Events and no longer', async () => {
    const { cluster, exchange, time, refusals } = start();
    await time.pass(0);
    refusals.events = { status: 429, headers: { 'retry-after': '10' } };
    cluster.events.record({ type: 'Normal', reason: 'Connected', message: 'one' });
    await time.pass(0);
    const stopped = cluster.stop();
    await time.pass(1_999);
    expect(exchange.isClosed()).toBe(false);
    await time.pass(1);
    await stopped;
    expect(exchange.isClosed()).toBe(true);
  });

  test('is begun by the signal as well', async () => {
    const { cluster, stop, exchange, time } = start();
    await time.pass(0);
    stop.abort();
    await cluster.stop();
    expect(exchange.requests.every(({ signal }) => signal.aborted)).toBe(true);
  });
});
