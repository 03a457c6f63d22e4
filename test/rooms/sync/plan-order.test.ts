import { describe, expect, it } from 'vitest';
import type { LandscapeApplication } from '../../../agent/domain/landscape.ts';
import { applyActions } from '../../../agent/sync/apply-actions.ts';
import { planSync } from '../../../agent/sync/plan-sync.ts';
import { aPolicy } from '../../data/builders/a-policy.ts';
import { aBundle, aLandscape, aSystem, basicAuth, idOf } from '../../data/builders/landscape.ts';
import { InMemoryCluster } from '../../data/fakes/in-memory-cluster.ts';

/** The cluster lists its objects in whatever order. */
function plan(cluster: InMemoryCluster, systems: readonly LandscapeApplication[]) {
  const { applications, secrets } = cluster.snapshot();
  const snapshot = { applications: [...applications].reverse(), secrets: [...secrets].reverse() };
  return planSync(aLandscape([...systems]), snapshot, aPolicy());
}

async function clusterWith(...systems: LandscapeApplication[]): Promise<InMemoryCluster> {
  const cluster = new InMemoryCluster();
  const { signal } = new AbortController();
  await applyActions(plan(cluster, systems).actions, cluster, { concurrency: 1, signal });
  return cluster;
}
const withSecret = (name: string) =>
  aSystem(name, { bundles: [aBundle(`of ${name}`, { auth: basicAuth('user', 'pass') })] });

describe('the plan of a sync', () => {
  it('writes first, then removes, then collects what is left over, each by name', async () => {
    const cluster = await clusterWith(...['mp-5', 'mp-7', 'mp-6', 'mp-3', 'mp-1', 'mp-2'].map(withSecret));
    for (const name of ['mp-3', 'mp-1', 'mp-2']) cluster.applications.delete(name);
    const { actions } = plan(cluster, [aSystem('mp-9'), aSystem('mp-4'), aSystem('mp-8')]);
    expect(actions.map(({ kind, applicationName }) => `${kind} ${applicationName}`)).toEqual([
      ...['create mp-4', 'create mp-8', 'create mp-9'],
      ...['delete mp-5', 'delete mp-6', 'delete mp-7'],
      ...['collect mp-1', 'collect mp-2', 'collect mp-3'],
    ]);
  });

  it('has its place by name also for a system whose new name cannot be had', async () => {
    const cluster = await clusterWith(aSystem('mp-b'));
    const renamed = aSystem('Invalid_Name', { id: idOf('mp-b'), description: 'newer' });
    const { actions } = plan(cluster, [aSystem('mp-c'), renamed, aSystem('mp-a')]);
    expect(actions.map(({ applicationName }) => applicationName)).toEqual(['mp-a', 'mp-b', 'mp-c']);
  });

  it('leaves a Secret alone that no Application owns', async () => {
    const cluster = await clusterWith(withSecret('mp-1'));
    cluster.applications.delete('mp-1');
    for (const [name, secret] of cluster.secrets) {
      cluster.secrets.set(name, { ...secret, metadata: { ...secret.metadata, ownerReferences: [] } });
    }
    expect(plan(cluster, []).actions).toEqual([]);
  });

  it('leaves an Application alone in which UCL names something twice, with another in between', async () => {
    const system = aSystem('mp-1', { authIds: ['one', 'other', 'one'] });
    const cluster = await clusterWith(system);
    expect(plan(cluster, [system]).actions).toEqual([]);
  });

  it('counts as removable what is its own and still there, and names what is being deleted', async () => {
    const cluster = await clusterWith(...['mp-1', 'mp-2', 'mp-3', 'mp-4', 'mp-5'].map((name) => aSystem(name)));
    const foreign = cluster.applications.get('mp-1');
    if (foreign === undefined) throw new Error('mp-1 is not there');
    const { compassMetadata: _, ...spec } = foreign.spec;
    cluster.applications.set('mp-1', { ...foreign, spec });
    cluster.annotate('mp-2', { 'compass.kyma-project.io/reconcile': 'disabled' });
    cluster.terminate('mp-3', ['example.com/keep']);
    const unreadable = cluster.applications.get('mp-5') ?? expect.unreachable();
    cluster.applications.set('mp-5', { ...unreadable, unreadable: ['spec.services.0.name'] });
    const { removableCount, terminating, desiredCount } = plan(cluster, [aSystem('mp-4')]);
    expect({ removableCount, terminating, desiredCount }).toEqual({
      ...{ removableCount: 1, desiredCount: 1 },
      terminating: [{ name: 'mp-3', finalizers: ['example.com/keep'] }],
    });
  });

  it('leaves the Secret alone that an Application holds which a person opted out, also where another plans it', async () => {
    const bundle = aBundle('Orders', { auth: basicAuth('user', 'pass') });
    const [former, other] = ['1', '2'].map((end) =>
      aSystem(`mp-a-name-of-twenty-six-chars-${end}`, { bundles: [bundle] }),
    );
    if (former === undefined || other === undefined) throw new Error('There are two.');
    const cluster = await clusterWith(former);
    cluster.annotate(former.name, { 'compass.kyma-project.io/reconcile': 'disabled' });
    const { actions, failures } = plan(cluster, [other]);
    expect(actions.flatMap(({ steps }) => steps.map((step) => step.do))).toEqual(['create-application']);
    expect(failures).toMatchObject([{ applicationId: other.id, reason: 'NameConflict' }]);
  });

  it('says of each action why, and of a rename what it was', async () => {
    const cluster = await clusterWith(aSystem('mp-shop'), withSecret('mp-crm'), aSystem('mp-gone'));
    cluster.applications.delete('mp-crm');
    const { actions } = plan(cluster, [aSystem('mp-store', { id: idOf('mp-shop') })]);
    expect(actions.map(({ because }) => because)).toEqual([
      ['not in the cluster', 'was mp-shop'],
      ['no longer assigned to this runtime in UCL'],
      ['Application mp-crm is gone'],
    ]);
    // Nobody knows any more which system the Secrets were of.
    expect(actions.at(-1)).toMatchObject({ kind: 'collect', applicationId: '', systemName: 'mp-crm' });
  });
});
