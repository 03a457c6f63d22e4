import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyActions } from '../../../agent/sync/apply-actions.ts';
import { decideRemovals, emptyPruneMemory } from '../../../agent/sync/deletion-policy.ts';
import { isOurs } from '../../../agent/sync/ownership.ts';
import { planSync } from '../../../agent/sync/plan-sync.ts';
import { anApplication } from '../../data/builders/kubernetes-objects.ts';
import { aBundle, aLandscape, aSystem, basicAuth, idOf } from '../../data/builders/landscape.ts';
import { InMemoryCluster } from '../../data/fakes/in-memory-cluster.ts';

const policy = {
  integrationNamespace: 'kyma-system',
  centralGatewayServiceUrl: 'http://gateway',
  skipAppsTlsVerify: false,
};
const signal = new AbortController().signal;

const names = fc.constantFrom(
  'mp-a',
  'mp-b',
  'mp-c',
  'mp-d',
  'Bad_Name',
  `mp-${'n'.repeat(80)}`,
  `mp-${'n'.repeat(79)}`,
);
const bundles = fc.uniqueArray(
  fc.record({ name: fc.constantFrom('A', 'B', 'C'), user: fc.constantFrom('', 'u1', 'u2'), header: fc.boolean() }),
  { selector: ({ name }) => name, maxLength: 3 },
);
const system = fc.record({ id: fc.constantFrom('1', '2', '3', '4', '5', '6'), name: names, bundles });
const landscapes = fc.uniqueArray(system, { selector: ({ id }) => id, maxLength: 6 }).map((systems) =>
  aLandscape(
    systems.map(({ id, name, bundles: made }) =>
      aSystem(name, {
        id: idOf(id),
        bundles: made.map(({ name: bundle, user, header }) =>
          aBundle(bundle, {
            id: idOf(`${id} ${bundle}`),
            auth: basicAuth(user, 'secret', header ? { additionalHeaders: { h: [user] } } : {}),
          }),
        ),
      }),
    ),
  ),
);

describe('any sequence of landscapes', () => {
  it('converges within one plan, after which planning yields nothing, and never touches what is not ours', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(landscapes, { minLength: 1, maxLength: 4 }), async (sequence) => {
        const cluster = new InMemoryCluster();
        const foreign = await cluster.createApplication(anApplication('mp-d', { description: 'made by hand' }));
        for (const landscape of sequence) {
          const { actions } = planSync(landscape, cluster.snapshot(), policy);
          const results = await applyActions(actions, cluster, { concurrency: 3, signal });
          expect(results.flatMap(({ failure }) => failure ?? [])).toEqual([]);
          expect(planSync(landscape, cluster.snapshot(), policy).actions).toEqual([]);
          const known = new Set(landscape.applications.map(({ id }) => id));
          for (const application of cluster.snapshot().applications.filter(isOurs)) {
            expect(known).toContain(application.spec.compassMetadata?.applicationId);
          }
          expect(cluster.applications.get('mp-d')).toEqual(foreign);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('never lets the guard remove all of two or more Applications at the first read', async () => {
    await fc.assert(
      fc.asyncProperty(landscapes, landscapes, async (before, after) => {
        const cluster = new InMemoryCluster();
        await applyActions(planSync(before, cluster.snapshot(), policy).actions, cluster, { concurrency: 3, signal });
        const owned = cluster.applications.size;
        const { allowed } = decideRemovals({
          plan: planSync(after, cluster.snapshot(), policy),
          isComplete: true,
          policy: 'sync',
          holdMs: 600_000,
          readSince: 0,
          moment: { now: new Date(0), instant: 0 },
          approvedIds: [],
          memory: emptyPruneMemory,
        });
        const removed = allowed.size;
        if (owned >= 2) expect(removed).toBeLessThan(owned);
        expect(removed).toBeLessThanOrEqual(Math.max(5, owned / 2));
      }),
      { numRuns: 200 },
    );
  });
});
