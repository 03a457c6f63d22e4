import { expect, it } from 'vitest';
import { applyActions } from '../../../agent/sync/apply-actions.ts';
import { planSync } from '../../../agent/sync/plan-sync.ts';
import { aPolicy } from '../../data/builders/a-policy.ts';
import { aBundle, aLandscape, aSystem, idOf } from '../../data/builders/landscape.ts';
import { InMemoryCluster } from '../../data/fakes/in-memory-cluster.ts';

const { signal } = new AbortController();

it('A stored parameter schema that could not be read this time stays, and its system says so', async () => {
  const cluster = new InMemoryCluster();
  const plan = (schema: string | null | undefined) => {
    const bundles = [aBundle('A', { instanceAuthRequestInputSchema: schema })];
    return planSync(aLandscape([aSystem('mp-shop', { bundles })]), cluster.snapshot(), aPolicy());
  };
  await applyActions(plan('{"type":"object"}').actions, cluster, { concurrency: 4, signal });
  const unread = plan(undefined);
  expect(unread.actions).toEqual([]);
  expect(unread.failures).toMatchObject([{ name: 'mp-shop', reason: 'UnreadableSchema' }]);
  expect(unread.failures[0]?.message).toContain(`bundle "A" (${idOf('bundle A')})`);
  await applyActions(plan(null).actions, cluster, { concurrency: 4, signal });
  const [service] = cluster.applications.get('mp-shop')?.spec.services ?? [];
  expect(service).not.toHaveProperty('authCreateParameterSchema');
});
