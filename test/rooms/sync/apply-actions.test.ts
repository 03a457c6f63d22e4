import { describe, expect, it } from 'vitest';
import { applyActions } from '../../../agent/sync/apply-actions.ts';
import { planSync } from '../../../agent/sync/plan-sync.ts';
import { aBundle, aLandscape, aSystem, basicAuth, idOf } from '../../data/builders/landscape.ts';
import { InMemoryCluster } from '../../data/fakes/in-memory-cluster.ts';

const policy = {
  integrationNamespace: 'kyma-system',
  centralGatewayServiceUrl: 'http://gateway',
  skipAppsTlsVerify: false,
};
const system = (name: string) => aSystem(name, { bundles: [aBundle(`${name} A`, { auth: basicAuth('u', 'p') })] });
const landscape = aLandscape(['mp-a', 'mp-b', 'mp-c'].map(system));
const signal = new AbortController().signal;
const plan = (cluster: InMemoryCluster) => planSync(landscape, cluster.snapshot(), policy).actions;

describe('applying actions', () => {
  it('ends the action of one refused write and carries the others out', async () => {
    const cluster = new InMemoryCluster();
    cluster.refusals.set('mp-b', 'Refused');
    const results = await applyActions(plan(cluster), cluster, { concurrency: 2, signal });
    expect(results.map(({ failure }) => failure?.reason)).toEqual([undefined, 'Refused', undefined]);
    expect(results[1]?.failure).toMatchObject({ applicationId: idOf('mp-b'), name: 'mp-b' });
    expect([...cluster.applications.keys()]).toEqual(['mp-a', 'mp-c']);
    expect(cluster.secrets.size).toBe(2);
  });

  it('never has more writes under way than allowed', async () => {
    const cluster = new InMemoryCluster();
    const many = aLandscape(Array.from({ length: 20 }, (_, index) => system(`mp-${index}`)));
    await applyActions(planSync(many, cluster.snapshot(), policy).actions, cluster, { concurrency: 3, signal });
    expect(cluster.applications.size).toBe(20);
    expect(cluster.maxAtOnce).toBe(3);
  });

  it.each(['Conflict', 'NotFound', 'AlreadyExists'] as const)('asks to plan again after %s', async (reason) => {
    const cluster = new InMemoryCluster();
    cluster.refusals.set('mp-a', reason);
    const [first, second] = await applyActions(plan(cluster), cluster, { concurrency: 1, signal });
    expect([first?.isStale, second?.isStale]).toEqual([true, false]);
  });

  it('takes back a Secret of ours that lost the label by which Secrets are listed, with the password of now', async () => {
    const cluster = new InMemoryCluster();
    await applyActions(plan(cluster), cluster, { concurrency: 1, signal });
    const name = `mp-a-${idOf('bundle mp-a A')}`;
    const lost = cluster.secrets.get(name);
    if (lost === undefined) throw new Error(`${name} is not there`);
    const { labels, ...metadata } = lost.metadata;
    cluster.secrets.set(name, { ...lost, metadata, data: { ...lost.data, password: 'b2xk', extra: 'eA==' } });
    const listed = {
      ...cluster.snapshot(),
      secrets: [...cluster.secrets.values()].filter((secret) => secret !== cluster.secrets.get(name)),
    };
    const results = await applyActions(planSync(landscape, listed, policy).actions, cluster, {
      concurrency: 1,
      signal,
    });
    expect(results).toMatchObject([{ failure: undefined }]);
    expect(cluster.secrets.get(name)).toMatchObject({
      metadata: { labels },
      data: { password: lost.data?.password, extra: 'eA==' },
    });
  });

  it('names a Secret that somebody else made as a conflict of names', async () => {
    const cluster = new InMemoryCluster();
    cluster.refusals.set(`mp-a-${idOf('bundle mp-a A')}`, 'AlreadyExists');
    const [first] = await applyActions(plan(cluster), cluster, { concurrency: 1, signal });
    expect(first?.failure?.reason).toBe('NameConflict');
  });

  it('begins no further write once it is told to stop', async () => {
    const cluster = new InMemoryCluster();
    const stop = new AbortController();
    const actions = plan(cluster);
    const applying = applyActions(actions, cluster, { concurrency: 1, signal: stop.signal });
    stop.abort();
    const results = await applying;
    expect(cluster.writes.length).toBeLessThanOrEqual(1);
    expect(results.length).toBeLessThan(actions.length);
  });
});
