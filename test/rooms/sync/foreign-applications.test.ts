import { beforeEach, describe, expect, it } from 'vitest';
import type { ApplicationResource } from '../../../agent/domain/resources.ts';
import { applyActions } from '../../../agent/sync/apply-actions.ts';
import { planSync } from '../../../agent/sync/plan-sync.ts';
import { aPolicy } from '../../data/builders/a-policy.ts';
import { aBundle, aLandscape, aSystem, basicAuth, idOf } from '../../data/builders/landscape.ts';
import { InMemoryCluster } from '../../data/fakes/in-memory-cluster.ts';

const policy = aPolicy();
const { signal } = new AbortController();
const shop = aSystem('mp-shop', { bundles: [aBundle('Orders', { auth: basicAuth('user', 'pass') })] });
const secretName = `mp-shop-${idOf('bundle Orders')}`;

let cluster: InMemoryCluster;
const plan = (...systems: ReturnType<typeof aSystem>[]) => planSync(aLandscape(systems), cluster.snapshot(), policy);
const converge = async (...systems: ReturnType<typeof aSystem>[]) => {
  await applyActions(plan(...systems).actions, cluster, { concurrency: 4, signal });
};

/** One that a person made, with a uid of its own. */
function addForeign(name: string): ApplicationResource {
  const [like] = cluster.applications.values();
  if (like === undefined) throw new Error('There is no Application yet.');
  const { compassMetadata: _, ...spec } = like.spec;
  const foreign = { ...like, metadata: { name, uid: `uid-of-${name}`, resourceVersion: '1' }, spec };
  cluster.applications.set(name, foreign);
  return foreign;
}

beforeEach(() => {
  cluster = new InMemoryCluster();
});

describe('An Application that is not ours', () => {
  it('is no part of the whole that could be removed, nor of what is told as being deleted', async () => {
    await converge(aSystem('mp-a'), aSystem('mp-b'));
    addForeign('theirs');
    addForeign('theirs-too');
    cluster.terminate('theirs', ['example.com/keep']);
    expect(plan(aSystem('mp-a'))).toMatchObject({ removableCount: 2, terminating: [] });
    cluster.terminate('mp-b', ['example.com/keep']);
    const terminating = [{ name: 'mp-b', finalizers: ['example.com/keep'] }];
    expect(plan(aSystem('mp-a'))).toMatchObject({ removableCount: 1, terminating });
  });

  it.each(['theirs', 'opted out'])('keeps the Secret that it owns, whatever its labels say (%s)', async (whose) => {
    await converge(shop, aSystem('mp-other'));
    const owner = whose === 'theirs' ? addForeign('theirs') : cluster.applications.get('mp-other');
    if (whose !== 'theirs') cluster.annotate('mp-other', { 'compass.kyma-project.io/reconcile': 'disabled' });
    const secret = cluster.secrets.get(secretName);
    if (secret === undefined || owner === undefined) throw new Error('They are not there.');
    const { name, uid = '' } = owner.metadata;
    const ownerReferences = (secret.metadata.ownerReferences ?? []).map((reference) => ({ ...reference, name, uid }));
    cluster.secrets.set(secretName, { ...secret, metadata: { ...secret.metadata, ownerReferences }, data: {} });
    const { actions, failures } = plan(shop, aSystem('mp-other'));
    expect(actions).toEqual([]);
    expect(failures).toMatchObject([{ applicationId: idOf('mp-shop'), reason: 'NameConflict' }]);
  });
});

describe('A plan', () => {
  it('adds and changes first and removes last, each by name', async () => {
    await converge(aSystem('mp-c'), aSystem('mp-z'), aSystem('mp-y'));
    const { actions } = plan(aSystem('mp-d'), aSystem('mp-c', { description: 'changed' }), aSystem('mp-a'));
    expect(actions.map(({ kind, applicationName }) => `${kind} ${applicationName}`)).toEqual([
      'create mp-a',
      'update mp-c',
      'create mp-d',
      'delete mp-y',
      'delete mp-z',
    ]);
  });
});
