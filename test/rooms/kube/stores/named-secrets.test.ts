import { afterEach, describe, expect, test } from 'vitest';
import type { PairingState } from '../../../../agent/connection/pairing-state.ts';
import type { SecretResource } from '../../../../agent/domain/resources.ts';
import { isRecord } from '../../../../agent/kube/api/kube-object.ts';
import { eventType, secretType } from '../../../../agent/kube/api/resource-type.ts';
import { unpaired } from '../../../data/builders/pairing-states.ts';
import { startTestCluster } from '../../../servers/cluster/start-test-cluster.ts';
import { eventually, openCluster, openOther } from '../open-cluster.ts';

const runtimeId = '3a6b1c52-6a0b-4f5e-9f70-3f5c1f2d9c11';

function configurationSecret(values: Record<string, string>): SecretResource {
  const data = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  );
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'compass-agent-configuration', namespace: 'kyma-system' },
    data,
  };
}

const pairingSecret = { type: secretType, namespace: 'kyma-system', name: 'ucl-agent-pairing' };
const configured: PairingState = {
  at: 'configured',
  present: undefined,
  tokenHash: 'abc',
  privateKeyPem: 'key-of-the-attempt',
  tries: { count: 2, notBefore: new Date('2030-01-01T00:00:00Z'), isAnswerLost: false },
  followUp: {
    token: 'follow-up-token',
    subject: 'O=a,CN=b',
    directorUrl: 'https://d.example',
    securedConnectorUrl: 'https://c.example',
  },
};
const refused = { at: 'refused', present: undefined, refusedTokenHash: 'abc', refusal: undefined } as const;

describe('the named Secrets', () => {
  const cleanups: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function start() {
    const testCluster = await startTestCluster();
    cleanups.push(testCluster.stop);
    const opened = openCluster(testCluster.agentKubeconfigFile);
    cleanups.push(opened.close);
    const other = openOther(testCluster.kubeconfigFile);
    cleanups.push(async () => other.close());
    return { ...opened, other };
  }

  test('keep the client pair, and are made where they are missing', async () => {
    const { cluster, signal } = await start();
    expect(await cluster.credentials.readClientPair(signal)).toBeUndefined();
    const pair = { certificatePem: 'certificate\n', privateKeyPem: 'key\n', chainPem: 'chain\n' };
    await cluster.credentials.storeClientPair(pair, signal);
    expect(await cluster.credentials.readClientPair(signal)).toEqual(pair);
    const next = { ...pair, certificatePem: 'renewed\n' };
    await cluster.credentials.storeClientPair(next, signal);
    expect(await cluster.credentials.readClientPair(signal)).toEqual(next);
  });

  test('get the CA certificate beside the keys that others set', async () => {
    const { cluster, signal, other } = await start();
    const metadata = { name: 'kyma-gateway-certs-cacert', namespace: 'istio-system', labels: { theirs: 'kept' } };
    const theirs: SecretResource = { apiVersion: 'v1', kind: 'Secret', metadata, data: { other: 'a2VwdA==' } };
    await other.create(secretType, theirs, signal);
    await cluster.credentials.storeCaCertificate('ca\n', signal);
    const { name, namespace } = metadata;
    expect(await other.get({ type: secretType, namespace, name }, signal)).toMatchObject({
      metadata: { labels: { theirs: 'kept' } },
      data: { other: 'a2VwdA==', cacert: Buffer.from('ca\n').toString('base64') },
    });
  });

  test('remember pairing state by state, forget what is over, and read rubbish as nothing', async () => {
    const { cluster, signal, other, log } = await start();
    const { credentials } = cluster;
    expect(await credentials.readPairing(signal)).toEqual({ state: unpaired, renewals: [], version: undefined });
    const first = await credentials.writePairing(configured, undefined, signal);
    expect(await credentials.readPairing(signal)).toStrictEqual({ state: configured, renewals: [], version: first });
    const second = await credentials.writePairing(refused, first, signal);
    expect(second).not.toBe(first);
    expect(await credentials.readPairing(signal)).toStrictEqual({ state: refused, renewals: [], version: second });

    const { namespace, name } = pairingSecret;
    const broken: SecretResource = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace },
      data: { followUp: 'cnViYmlzaA==', theirs: 'a2VwdA==' },
    };
    await other.update(secretType, broken, signal);
    const { state, version } = await credentials.readPairing(signal);
    expect(state).toEqual(unpaired);
    expect(log.lines()).toContain('warn The record of pairing is unreadable and taken as empty');
    expect(log.text()).not.toContain('rubbish');
    await credentials.writePairing(refused, version, signal);
    expect(await credentials.readPairing(signal)).toMatchObject({ state: refused });
    expect(await other.get(pairingSecret, signal)).toMatchObject({ data: { theirs: 'a2VwdA==' } });
  });

  test('take no memory of pairing that was decided on before somebody else wrote, made or deleted it', async () => {
    const { cluster, signal, other } = await start();
    const { credentials } = cluster;
    const conflict = {
      reason: 'Conflict',
      next: 'retry',
      message: expect.stringContaining('kyma-system/ucl-agent-pairing'),
    };
    const first = await credentials.writePairing(configured, undefined, signal);
    await expect(credentials.writePairing(refused, undefined, signal)).rejects.toMatchObject(conflict);
    const second = await credentials.writePairing(refused, first, signal);
    await expect(credentials.writePairing(configured, first, signal)).rejects.toMatchObject(conflict);
    expect(await credentials.readPairing(signal)).toStrictEqual({ state: refused, renewals: [], version: second });

    const present = await other.get(pairingSecret, signal);
    const uid = isRecord(present) && isRecord(present.metadata) ? String(present.metadata.uid) : '';
    await other.delete(pairingSecret, { uid }, signal);
    await expect(credentials.writePairing(configured, second, signal)).rejects.toMatchObject(conflict);
    expect(await credentials.readPairing(signal)).toEqual({ state: unpaired, renewals: [], version: undefined });
  });

  test('remember renewals beside the state of pairing, on the same terms', async () => {
    const { cluster, signal } = await start();
    const { credentials } = cluster;
    const renewals = [new Date('2030-01-01T00:00:00.5Z'), new Date('2030-01-01T00:10:00Z')];
    const first = await credentials.writeRenewals(renewals.slice(0, 1), undefined, signal);
    const second = await credentials.writePairing(refused, first, signal);
    await expect(credentials.writeRenewals(renewals, first, signal)).rejects.toMatchObject({ reason: 'Conflict' });
    expect(await credentials.readPairing(signal)).toEqual({
      ...{ state: refused, version: second },
      renewals: renewals.slice(0, 1),
    });
    const third = await credentials.writeRenewals(renewals, second, signal);
    expect(await credentials.readPairing(signal)).toStrictEqual({ state: refused, renewals, version: third });
  });

  test('let one of two write who read the same memory of pairing', async () => {
    const { cluster, signal } = await start();
    const { credentials } = cluster;
    let version: string | undefined;
    for (const round of ['made', 'changed', 'changed again']) {
      const outcomes = await Promise.allSettled(
        ['ours', 'theirs'].map((whose) =>
          credentials.writePairing({ ...refused, refusedTokenHash: `${whose} ${round}` }, version, signal),
        ),
      );
      const written = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
      const failed = outcomes.flatMap((outcome): unknown[] => (outcome.status === 'rejected' ? [outcome.reason] : []));
      expect(failed, round).toMatchObject([{ reason: 'Conflict' }]);
      [version] = written;
      expect((await credentials.readPairing(signal)).version).toBe(version);
    }
  });

  test('tell of a new token, and name every problem of the configuration without the token', async () => {
    const { cluster, signal, other, changes } = await start();
    expect(await cluster.configuration.read(signal)).toMatchObject({
      kind: 'missing',
      message: expect.stringContaining('kyma-system/compass-agent-configuration'),
    });
    await other.create(
      secretType,
      configurationSecret({ TOKEN: 'hunter2', RUNTIME_ID: 'mine', TENANT: ' \n' }),
      signal,
    );
    await eventually(() => changes.length === 1, 'the Secret is noticed');
    const invalid = await cluster.configuration.read(signal);
    expect(invalid).toEqual({
      kind: 'invalid',
      message:
        'Secret kyma-system/compass-agent-configuration is not usable: CONNECTOR_URL is missing; RUNTIME_ID must be a UUID; TENANT is missing',
    });
    const values = { CONNECTOR_URL: 'https://c.example/graphql\n', TOKEN: 'two\n', RUNTIME_ID: runtimeId, TENANT: 't' };
    await other.update(secretType, configurationSecret(values), signal);
    await eventually(() => changes.length === 2, 'the change is noticed');
    expect(await cluster.configuration.read(signal)).toEqual({
      kind: 'present',
      configuration: { connectorUrl: 'https://c.example/graphql', token: 'two', runtimeId, tenant: 't' },
    });
    expect(changes).toEqual(['configuration', 'configuration']);
  });
});

describe('Events', () => {
  test('stand on the CompassConnection in namespace default, and a repeated one is counted', async () => {
    const testCluster = await startTestCluster();
    const { cluster, signal, close, log } = openCluster(testCluster.agentKubeconfigFile);
    const other = openOther(testCluster.kubeconfigFile);
    try {
      const spec = { managementInfo: { directorUrl: '', connectorUrl: '' } };
      const { metadata } = await cluster.connection.create(spec, signal);
      cluster.events.record({ type: 'Normal', reason: 'Connected', message: 'The runtime is connected.' });
      cluster.events.record({ type: 'Warning', reason: 'PruneHeld', message: 'x'.repeat(5_000) });
      cluster.events.record({ type: 'Normal', reason: 'Connected', message: 'The runtime is connected.' });
      await close();
      expect(log.lines()).toEqual([]);
      const { signal: never } = new AbortController();
      const { items } = await other.list({ type: eventType, namespace: 'default' }, 500, never);
      const ours = items.filter(
        (item) => isRecord(item) && isRecord(item.source) && item.source.component === 'ucl-agent',
      );
      expect(ours).toHaveLength(2);
      expect(ours).toContainEqual(
        expect.objectContaining({
          reason: 'Connected',
          count: 2,
          involvedObject: expect.objectContaining({ kind: 'CompassConnection', uid: metadata.uid }),
        }),
      );
    } finally {
      other.close();
      await testCluster.stop();
    }
  });
});
