import { describe, expect, it } from 'vitest';
import type { Landscape } from '../../../agent/domain/landscape.ts';
import { applicationApiVersion, type SecretResource } from '../../../agent/domain/resources.ts';
import { applyActions } from '../../../agent/sync/apply-actions.ts';
import { planSync } from '../../../agent/sync/plan-sync.ts';
import { aPolicy } from '../../data/builders/a-policy.ts';
import { aBundle, aLandscape, aSystem, basicAuth, idOf } from '../../data/builders/landscape.ts';
import { InMemoryCluster } from '../../data/fakes/in-memory-cluster.ts';

const policy = aPolicy();
const signal = new AbortController().signal;

async function converge(cluster: InMemoryCluster, landscape: Landscape) {
  const { actions } = planSync(landscape, cluster.snapshot(), policy);
  await applyActions(actions, cluster, { concurrency: 4, signal });
}

function editSecret(cluster: InMemoryCluster, name: string, change: (secret: SecretResource) => void) {
  const secret = structuredClone(cluster.secrets.get(name));
  if (secret === undefined) throw new Error(`${name} is not in the cluster`);
  change(secret);
  cluster.secrets.set(name, secret);
}

const withSecrets = aSystem('mp-shop', { bundles: [aBundle('Orders', { auth: basicAuth('user', 'pass') })] });

describe('a Secret of a planned name', () => {
  const secretName = `mp-shop-${idOf('bundle Orders')}`;
  const anOwner = (uid: string, kind = 'Application') => ({
    ...{ apiVersion: kind === 'Application' ? applicationApiVersion : 'apps/v1', kind },
    ...{ name: 'mp-shop', uid },
  });

  it.each<[string, (secret: SecretResource) => void]>([
    [
      'has an owner of the same name but another uid, and no labels',
      ({ metadata }) => {
        metadata.ownerReferences = [anOwner('copied')];
        metadata.labels = { bundleId: idOf('bundle Orders') };
      },
    ],
    [
      'has our labels and an owner of another kind',
      ({ metadata }) => {
        metadata.ownerReferences = [anOwner('a-deployment', 'Deployment')];
      },
    ],
    [
      'has neither labels with our values nor an owner',
      ({ metadata }) => {
        metadata.ownerReferences = [];
        metadata.labels = { bundleId: idOf('bundle Orders'), app: 'other' };
      },
    ],
  ])('belongs to others where it %s', async (_, change) => {
    const cluster = new InMemoryCluster();
    await converge(cluster, aLandscape([withSecrets]));
    editSecret(cluster, secretName, change);
    const { actions, failures } = planSync(aLandscape([withSecrets]), cluster.snapshot(), policy);
    expect(actions).toEqual([]);
    expect(failures).toMatchObject([{ reason: 'NameConflict' }]);
  });

  it.each<[string, (secret: SecretResource) => void]>([
    [
      'its owner',
      ({ metadata }) => {
        metadata.ownerReferences = [];
      },
    ],
    [
      'its owner to an Application that is gone',
      ({ metadata }) => {
        metadata.ownerReferences = [anOwner('before-the-restore')];
      },
    ],
    [
      'the label of its Application',
      ({ metadata }) => {
        delete metadata.labels?.app;
      },
    ],
  ])('is mended where it lost %s', async (_, change) => {
    const cluster = new InMemoryCluster();
    await converge(cluster, aLandscape([withSecrets]));
    const before = cluster.secrets.get(secretName);
    editSecret(cluster, secretName, change);
    await converge(cluster, aLandscape([withSecrets]));
    const { labels, ownerReferences } = cluster.secrets.get(secretName)?.metadata ?? {};
    expect({ labels, ownerReferences }).toEqual({
      labels: before?.metadata.labels,
      ownerReferences: before?.metadata.ownerReferences,
    });
  });

  it('that two systems want goes to one of them, and the other fails', async () => {
    const cluster = new InMemoryCluster();
    const bundle = aBundle('Orders', { id: idOf('shared'), auth: basicAuth('user', 'pass') });
    const twins = ['mp-a-name-of-twenty-six-chars-1', 'mp-a-name-of-twenty-six-chars-2'].map((name) =>
      aSystem(name, { bundles: [bundle] }),
    );
    await converge(cluster, aLandscape(twins));
    const { actions, failures } = planSync(aLandscape(twins), cluster.snapshot(), policy);
    expect(actions).toEqual([]);
    expect(failures).toMatchObject([{ reason: 'NameConflict', name: 'mp-a-name-of-twenty-six-chars-2' }]);
    const later = planSync(
      aLandscape([...twins, aSystem('mp-a-name-of-twenty-six-chars-0', { bundles: [bundle] })]),
      cluster.snapshot(),
      policy,
    );
    expect(later.failures.map(({ name }) => name).sort()).toEqual([
      'mp-a-name-of-twenty-six-chars-0',
      'mp-a-name-of-twenty-six-chars-2',
    ]);
  });
});
