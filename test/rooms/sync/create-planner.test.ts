import { describe, expect, it } from 'vitest';
import { createPlanner } from '../../../agent/sync/create-planner.ts';
import { aPolicy } from '../../data/builders/a-policy.ts';
import { aBundle, aLandscape, aSystem, basicAuth } from '../../data/builders/landscape.ts';
import { InMemoryCluster } from '../../data/fakes/in-memory-cluster.ts';
import { openSyncStage } from './open-sync-stage.ts';

const system = aSystem('one', { bundles: [aBundle('orders', { auth: basicAuth('ada', 'secret') })] });

async function convergedSnapshot() {
  const landscape = aLandscape([system]);
  const { cluster, sync } = openSyncStage();
  await sync(landscape);
  return { landscape, cluster: cluster.snapshot(), policy: aPolicy() };
}

describe('planning again', () => {
  it('gives the last plan for the very same landscape, objects and policy', async () => {
    const { landscape, cluster, policy } = await convergedSnapshot();
    const plan = createPlanner();
    const first = plan(landscape, cluster, policy);
    expect(first.actions).toEqual([]);
    expect(plan(landscape, { ...cluster }, policy)).toBe(first);
  });

  it('plans anew as soon as one list, the landscape or the policy is another', async () => {
    const { landscape, cluster, policy } = await convergedSnapshot();
    const plan = createPlanner();
    plan(landscape, cluster, policy);
    expect(plan(landscape, { ...cluster, applications: [] }, policy).actions).toHaveLength(1);
    plan(landscape, cluster, policy);
    expect(plan(landscape, { ...cluster, secrets: [] }, policy).actions).toHaveLength(1);
    plan(landscape, cluster, policy);
    expect(plan(aLandscape([]), cluster, policy).actions).toHaveLength(1);
    plan(landscape, cluster, policy);
    const other = { ...policy, centralGatewayServiceUrl: 'http://other.example.test' };
    expect(plan(landscape, cluster, other).actions).toHaveLength(1);
  });

  it('keeps no plan that has something to do', () => {
    const landscape = aLandscape([system]);
    const plan = createPlanner();
    const cluster = new InMemoryCluster().snapshot();
    const policy = aPolicy();
    expect(plan(landscape, cluster, policy)).not.toBe(plan(landscape, cluster, policy));
  });
});
