import { describe, expect, it } from 'vitest';
import type { Action, Step } from '../../../agent/sync/action.ts';
import { type ActionResult, applyActions, type WrittenObject } from '../../../agent/sync/apply-actions.ts';
import { listApplications, listChanges } from '../../../agent/sync/list-changes.ts';
import { planSync } from '../../../agent/sync/plan-sync.ts';
import { aPolicy } from '../../data/builders/a-policy.ts';
import { aLandscape, aSystem, idOf } from '../../data/builders/landscape.ts';
import { InMemoryCluster } from '../../data/fakes/in-memory-cluster.ts';

const failure = { applicationId: idOf('mp-a'), name: 'mp-a', reason: 'Conflict', message: 'No.' };

/** Two Applications, and what came of an action of which so much was done. */
async function stage() {
  const cluster = new InMemoryCluster();
  const systems = aLandscape([aSystem('mp-a'), aSystem('mp-b')]);
  const { actions } = planSync(systems, cluster.snapshot(), aPolicy());
  await applyActions(actions, cluster, { concurrency: 1, signal: new AbortController().signal });
  const toDelete = (name: string): Step => {
    const uid = cluster.applications.get(name)?.metadata.uid ?? expect.unreachable();
    return { do: 'delete-application', name, uid, version: '1' };
  };
  const names = (results: ActionResult[]) => listApplications(results, cluster.snapshot()).map(({ name }) => name);
  return { cluster, toDelete, names };
}

function resultOf(kind: Action['kind'], steps: readonly Step[], done: Partial<ActionResult>): ActionResult {
  const action = { kind, steps, applicationId: idOf('mp-a'), systemName: 'mp-a', applicationName: 'mp-a' };
  return {
    ...{ action: { ...action, because: ['description'] }, failure: undefined, isStale: false, refused: undefined },
    ...{ removed: 0, kept: [], written: [], createdUid: undefined, ...done },
  };
}

const wrote = (object: string, isNew: boolean): WrittenObject => ({
  ...{ object, isNew, wanted: 'digest', undone: [], isAddition: false },
});

describe('what is told of an action', () => {
  it('is an update, also where what was new is a Secret', async () => {
    const { cluster } = await stage();
    const updated = resultOf('update', [], {
      written: [wrote('Secret mp-a-x', true), wrote('Application mp-a', false)],
    });
    expect(listChanges([updated], cluster.snapshot())).toMatchObject([
      { kind: 'update', because: ['description'], application: { name: 'mp-a', uid: expect.stringContaining('uid-') } },
    ]);
  });

  it('is nothing where it wrote nothing, or failed half-way', async () => {
    const { cluster } = await stage();
    const nothing = resultOf('update', [{ do: 'delete-secret', name: 'mp-a-x', uid: 'u', version: '1' }], {});
    const failed = resultOf('update', [], { failure, written: [wrote('Secret mp-a-x', false)] });
    expect(listChanges([nothing, failed], cluster.snapshot())).toEqual([]);
  });

  it('is as much of a removal as the API server took', async () => {
    const { cluster, toDelete } = await stage();
    const steps = [toDelete('mp-a'), toDelete('mp-b')];
    const half = resultOf('delete', steps, { failure, removed: 1 });
    expect(listChanges([half], cluster.snapshot())).toMatchObject([{ kind: 'delete', application: { name: 'mp-a' } }]);
  });
});

describe('the Applications after a sync', () => {
  it('are those that were not removed, whatever else the action did', async () => {
    const { toDelete, names } = await stage();
    const manifest = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' } } as const;
    const steps: Step[] = [{ do: 'create-secret', manifest, wanted: 'digest' }, toDelete('mp-a'), toDelete('mp-b')];
    expect(names([resultOf('rename', steps, { removed: 0 })])).toEqual(['mp-a', 'mp-b']);
    expect(names([resultOf('rename', steps, { removed: 1 })])).toEqual(['mp-b']);
    expect(names([resultOf('rename', steps, { removed: 2 })])).toEqual([]);
  });

  it("are neither somebody else's nor on their way out", async () => {
    const { cluster, names } = await stage();
    cluster.terminate('mp-a', ['example.com/keep']);
    const ours = cluster.applications.get('mp-b') ?? expect.unreachable();
    const { compassMetadata: _, ...spec } = ours.spec;
    cluster.applications.set('theirs', { ...ours, metadata: { name: 'theirs', uid: 'uid-of-theirs' }, spec });
    expect(names([])).toEqual(['mp-b']);
  });

  it('are also those that were created, but not for a Secret', async () => {
    const { names } = await stage();
    const created = resultOf('create', [], { written: [wrote('Application mp-a', true)], createdUid: 'new' });
    expect(names([created])).toEqual(['mp-a', 'mp-b', 'mp-a']);
    expect(names([resultOf('update', [], { written: [wrote('Secret mp-a-x', true)] })])).toEqual(['mp-a', 'mp-b']);
  });
});
