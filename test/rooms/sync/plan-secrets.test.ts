import { describe, expect, it } from 'vitest';
import type { LandscapeApplication } from '../../../agent/domain/landscape.ts';
import { applicationApiVersion, type SecretResource } from '../../../agent/domain/resources.ts';
import { applyActions } from '../../../agent/sync/apply-actions.ts';
import { findChangedParts, hasAllParts } from '../../../agent/sync/plan-secrets.ts';
import { planSync } from '../../../agent/sync/plan-sync.ts';
import { aPolicy } from '../../data/builders/a-policy.ts';
import { aBundle, aLandscape, aSystem, basicAuth, idOf } from '../../data/builders/landscape.ts';
import { InMemoryCluster } from '../../data/fakes/in-memory-cluster.ts';

const policy = aPolicy();
const toBase64 = (text: string) => Buffer.from(text).toString('base64');
const credentialsName = `mp-shop-${idOf('bundle Orders')}`;
const parametersName = `params-${credentialsName}`;

function aShop(auth: Parameters<typeof basicAuth>[2] = {}): LandscapeApplication {
  return aSystem('mp-shop', { bundles: [aBundle('Orders', { auth: basicAuth('user', 'pass', auth) })] });
}
const withParameters = aShop({ additionalHeaders: { 'X-A': ['1'], 'X-B': ['2'] } });

async function clusterWith(...systems: LandscapeApplication[]): Promise<InMemoryCluster> {
  const cluster = new InMemoryCluster();
  await converge(cluster, ...systems);
  return cluster;
}

const plan = (cluster: InMemoryCluster, ...systems: LandscapeApplication[]) =>
  planSync(aLandscape(systems), cluster.snapshot(), policy);

async function converge(cluster: InMemoryCluster, ...systems: LandscapeApplication[]): Promise<void> {
  const { signal } = new AbortController();
  await applyActions(plan(cluster, ...systems).actions, cluster, { concurrency: 1, signal });
}

function secretOf(cluster: InMemoryCluster, name: string): SecretResource {
  const secret = cluster.secrets.get(name);
  if (secret === undefined) throw new Error(`${name} is not in the cluster`);
  return secret;
}

function edit(cluster: InMemoryCluster, name: string, change: (secret: SecretResource) => Partial<SecretResource>) {
  const secret = secretOf(cluster, name);
  cluster.secrets.set(name, { ...secret, ...change(structuredClone(secret)) });
}

const why = (cluster: InMemoryCluster, ...systems: LandscapeApplication[]) =>
  plan(cluster, ...systems).actions.flatMap(({ because }) => because);

describe('the Secret of a bundle', () => {
  it('is made whole, and belongs to the Application of its system', async () => {
    const cluster = await clusterWith(aShop());
    const { uid } = cluster.applications.get('mp-shop')?.metadata ?? {};
    expect(secretOf(cluster, credentialsName)).toMatchObject({
      ...{ apiVersion: 'v1', kind: 'Secret', type: 'Opaque' },
      metadata: {
        namespace: policy.integrationNamespace,
        labels: { app: 'mp-shop', bundleId: idOf('bundle Orders') },
        ownerReferences: [{ apiVersion: applicationApiVersion, kind: 'Application', name: 'mp-shop', uid }],
      },
      data: { username: toBase64('user'), password: toBase64('pass') },
    });
  });

  it('comes again when it is missing, and goes when no bundle needs it', async () => {
    const cluster = await clusterWith(withParameters);
    cluster.secrets.delete(credentialsName);
    expect(why(cluster, withParameters)).toEqual([`Secret ${credentialsName}: missing`]);
    await converge(cluster, withParameters);
    const bare = aShop();
    expect(why(cluster, bare)).toContain(`Secret ${parametersName}: no longer needed`);
    const { uid } = secretOf(cluster, parametersName).metadata;
    expect(plan(cluster, bare).actions.flatMap(({ steps }) => steps)).toContainEqual({
      do: 'delete-secret',
      name: parametersName,
      uid,
      version: expect.any(String),
    });
  });

  it('keeps what others gave it when it is mended: labels, data and owners of other kinds', async () => {
    const cluster = await clusterWith(aShop());
    const ours = secretOf(cluster, credentialsName);
    const aDeployment = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'mine', uid: 'a-deployment' };
    const formerOwner = { apiVersion: applicationApiVersion, kind: 'Application', name: 'mp-shop', uid: 'former' };
    edit(cluster, credentialsName, ({ metadata, data }) => ({
      metadata: {
        ...metadata,
        labels: { ...metadata.labels, bundleId: 'other', mine: 'yes' },
        ownerReferences: [formerOwner, aDeployment, ...(metadata.ownerReferences ?? [])],
      },
      data: { ...data, password: toBase64('changed'), mine: toBase64('value') },
    }));
    expect(why(cluster, aShop())).toEqual([`Secret ${credentialsName}: data, labels`]);
    await converge(cluster, aShop());
    expect(secretOf(cluster, credentialsName)).toMatchObject({
      metadata: {
        labels: { ...ours.metadata.labels, mine: 'yes' },
        ownerReferences: [aDeployment, ...(ours.metadata.ownerReferences ?? [])],
      },
      data: { ...ours.data, mine: toBase64('value') },
    });
    expect(why(cluster, aShop())).toEqual([]);
  });

  it.each<[string, (secret: SecretResource) => Partial<SecretResource>]>([
    ['data', () => ({ data: {} })],
    ['labels', ({ metadata }) => ({ metadata: { ...metadata, labels: { app: 'mp-shop' } } })],
    ['owner', ({ metadata }) => ({ metadata: { ...metadata, ownerReferences: [] } })],
  ])('is written for its %s alone', async (part, change) => {
    const cluster = await clusterWith(aShop());
    edit(cluster, credentialsName, change);
    expect(why(cluster, aShop())).toEqual([`Secret ${credentialsName}: ${part}`]);
  });

  it.each<[string, Record<string, string>, string[]]>([
    ['in another order', { headers: toBase64('{"X-B":["2"],"X-A":["1"]}') }, []],
    ['with another value', { headers: toBase64('{"X-A":["1"],"X-B":["3"]}') }, ['data']],
    ['broken', { headers: toBase64('{') }, ['data']],
    ['missing', {}, ['data']],
    ['beside others that are not wanted', { queryParameters: toBase64('{"a":["1"]}') }, ['data']],
  ])('is compared by what its parameters mean: %s', async (_, data, because) => {
    const cluster = await clusterWith(withParameters);
    edit(cluster, parametersName, () => ({ data }));
    expect(why(cluster, withParameters)).toEqual(because.map((part) => `Secret ${parametersName}: ${part}`));
  });

  it('is not touched where it is not ours, and a person is told to delete it', async () => {
    const cluster = await clusterWith(aShop());
    edit(cluster, credentialsName, ({ metadata: { labels: _, ownerReferences: __, ...metadata } }) => ({ metadata }));
    expect(plan(cluster, aShop()).failures).toEqual([
      {
        ...{ applicationId: idOf('mp-shop'), name: 'mp-shop', reason: 'NameConflict' },
        message: `There is a Secret ${credentialsName} that does not belong to Application mp-shop and that this agent does not touch. Delete it.`,
      },
    ]);
  });

  it('goes to one of two systems that plan it, and a person is told to rename the other', () => {
    const bundle = aBundle('Orders', { auth: basicAuth('user', 'pass') });
    const [first, second] = ['1', '2'].map((end) =>
      aSystem(`mp-a-name-of-twenty-six-chars-${end}`, { bundles: [bundle] }),
    );
    if (first === undefined || second === undefined) throw new Error('There are two.');
    const { actions, failures } = plan(new InMemoryCluster(), first, second);
    expect(failures).toMatchObject([
      {
        name: second.name,
        message: expect.stringMatching(
          new RegExp(
            `^The Secret mp-a-name\\S+ of bundle ${bundle.id} belongs to Application ${first.name}, whose name`,
          ),
        ),
      },
    ]);
    const made = actions.flatMap(({ applicationName, steps }) =>
      steps.flatMap((step) => (step.do === 'create-secret' ? [applicationName] : [])),
    );
    expect(made).toEqual([first.name]);
  });
});

describe('two states of a Secret', () => {
  const owner = { apiVersion: applicationApiVersion, kind: 'Application', name: 'mp-shop', uid: 'ours' };
  const wanted: SecretResource = {
    ...{ apiVersion: 'v1', kind: 'Secret' },
    metadata: { name: credentialsName, labels: { app: 'mp-shop', bundleId: 'b' }, ownerReferences: [owner] },
    data: { username: 'dXNlcg==', headers: 'e30=' },
  };
  const more: SecretResource = {
    ...wanted,
    metadata: {
      ...wanted.metadata,
      labels: { ...wanted.metadata.labels, mine: 'yes' },
      ownerReferences: [{ ...owner, uid: 'another' }, owner],
    },
    data: { ...wanted.data, mine: 'eA==' },
  };

  it('do not differ by what others have added', () => {
    expect(findChangedParts(wanted, more)).toEqual([]);
    expect(hasAllParts(wanted, more)).toBe(true);
  });

  it.each<[string, Partial<SecretResource>, string[][]]>([
    ['a value', { data: { ...wanted.data, username: 'other' } }, [['data', 'username']]],
    [
      'all data',
      { data: {} },
      [
        ['data', 'username'],
        ['data', 'headers'],
      ],
    ],
    [
      'the labels',
      { metadata: { ...wanted.metadata, labels: { app: 'other' } } },
      [
        ['metadata', 'labels', 'app'],
        ['metadata', 'labels', 'bundleId'],
      ],
    ],
    [
      'all labels',
      { metadata: { name: credentialsName, ownerReferences: [owner] } },
      [
        ['metadata', 'labels', 'app'],
        ['metadata', 'labels', 'bundleId'],
      ],
    ],
    [
      'the owner',
      { metadata: { ...wanted.metadata, ownerReferences: [{ ...owner, uid: 'another' }] } },
      [['metadata', 'ownerReferences']],
    ],
    [
      'all owners',
      { metadata: { name: credentialsName, labels: { app: 'mp-shop', bundleId: 'b' } } },
      [['metadata', 'ownerReferences']],
    ],
  ])('differ by %s', (_, change, parts) => {
    const present = { ...wanted, ...change };
    expect(findChangedParts(wanted, present).map((part) => [...part].map(String))).toEqual(parts);
    expect(hasAllParts(wanted, present)).toBe(false);
  });

  it('differ by one of several owners, and by none where none is wanted', () => {
    const aDeployment = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'mine', uid: 'a-deployment' };
    const both = { ...wanted, metadata: { ...wanted.metadata, ownerReferences: [aDeployment, owner] } };
    expect(findChangedParts(both, wanted)).toEqual([['metadata', 'ownerReferences']]);
    const { ownerReferences: _, ...unowned } = wanted.metadata;
    expect(findChangedParts({ ...wanted, metadata: unowned }, wanted)).toEqual([]);
  });

  it('differ by a key that is wanted no more, which is no part that is missing', () => {
    const present = { ...wanted, data: { ...wanted.data, password: 'x' } };
    expect(findChangedParts(wanted, present)).toEqual([['data', 'password']]);
    expect(hasAllParts(wanted, present)).toBe(true);
  });
});
