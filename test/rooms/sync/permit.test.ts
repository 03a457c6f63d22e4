import { describe, expect, it } from 'vitest';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import { applyActions } from '../../../agent/sync/apply-actions.ts';
import { emptyPruneMemory, type PruneMemory } from '../../../agent/sync/deletion-policy.ts';
import { beginHold } from '../../../agent/sync/holds.ts';
import { type Permission, permit, selectPermitted, toPruneResult } from '../../../agent/sync/permit.ts';
import { planSync } from '../../../agent/sync/plan-sync.ts';
import { emptySyncMemory } from '../../../agent/sync/sync-memory.ts';
import type { SyncSettings } from '../../../agent/sync/sync-parts.ts';
import { aPolicy } from '../../data/builders/a-policy.ts';
import { aBundle, aLandscape, aSystem, basicAuth, idOf } from '../../data/builders/landscape.ts';
import { InMemoryCluster } from '../../data/fakes/in-memory-cluster.ts';
import { VirtualTime } from '../../data/fakes/virtual-time.ts';

const holdMs = 600_000;

/** A hold of so long ago that a look is overdue, and a read that has permitted nothing. */
function anOverdueHold(isComplete: boolean): { permission: Permission; time: VirtualTime } {
  const time = new VirtualTime();
  const moment = { now: time.now(), instant: time.instant() };
  const hold = beginHold(['system/mp-one'], { ...moment, instant: moment.instant - holdMs }, holdMs);
  const nothing = { allowed: new Set<string>(), ended: [], skipped: 0, isFirstSkip: false, error: undefined };
  const memory = { holds: [hold], earlier: [], removals: [] };
  return { permission: { ...nothing, isComplete, memory, moment }, time };
}

describe('the next look at what is held', () => {
  it('waits a minute after a read with gaps, which has confirmed nothing', () => {
    const { permission, time } = anOverdueHold(false);
    const { nextLook } = toPruneResult(permission, [], { settings: { holdMs }, time });
    expect(nextLook).toBe(time.instant() + 60_000);
  });

  it('comes when it is due after a complete read', () => {
    const { permission, time } = anOverdueHold(true);
    const { nextLook = Number.POSITIVE_INFINITY } = toPruneResult(permission, [], { settings: { holdMs }, time });
    expect(nextLook).toBeLessThan(time.instant());
  });
});

it('holds for its whole time from when the read had come, however long that took', async () => {
  const time = new VirtualTime();
  const startedAt = time.instant();
  await time.pass(80_000);
  const steps = ['mp-one', 'mp-two'].map((name) => ({
    do: 'delete-application' as const,
    name,
    uid: name,
    version: '1',
  }));
  const names = { systemName: 'one', applicationName: 'mp-one' };
  const action = { kind: 'delete' as const, applicationId: 'id', ...names, because: [], steps };
  const { memory } = await permit(
    {
      plan: { ...planSync(aLandscape([]), new InMemoryCluster().snapshot(), aPolicy()), actions: [action] },
      landscape: aLandscape([]),
      startedAt,
      memory: emptySyncMemory,
      approvedIds: [],
      source: { readIds: async () => new Set<string>() },
      keepPrune: async () => undefined,
    },
    { time, settings: { policy: aPolicy(), prunePolicy: 'sync', holdMs, concurrency: 4, runtimeLabels: {} } },
    new AbortController().signal,
  );
  const until = new Date(time.now().getTime() + holdMs);
  expect(memory.holds).toMatchObject([{ since: time.now(), until, endsAt: time.instant() + holdMs }]);
});

it('counts what was permitted until it is known that it did not go: an answer may be lost', () => {
  const { permission, time } = anOverdueHold(true);
  const allowed = new Set(['id-1/mp-one', 'id-2/mp-two', 'id-3/mp-three']);
  const { memory } = toPruneResult({ ...permission, allowed }, ['id-2/mp-two'], { settings: { holdMs }, time });
  expect(memory.removals).toMatchObject([{ count: 3, doubtful: ['id-1/mp-one', 'id-3/mp-three'] }]);
});

const four = ['mp-a', 'mp-b', 'mp-c', 'mp-d'].map((name) => aSystem(name));
const settings: SyncSettings = {
  ...{ policy: aPolicy(), prunePolicy: 'sync', holdMs, concurrency: 1, runtimeLabels: {} },
};

interface Asking {
  readonly read?: ReturnType<typeof aLandscape>;
  /** The systems whose Applications are there. */
  readonly among?: typeof four;
  /** Ids beside those of the read. */
  readonly furtherIds?: () => Promise<readonly string[]>;
  /** Of the ids of the read, those that are left out. */
  readonly lacking?: readonly string[];
  readonly keepPrune?: () => Promise<void>;
  readonly prune?: PruneMemory;
  readonly signal?: AbortSignal;
}

/** A cluster with Applications, four of them if not said otherwise, and a read of UCL that lacks the last of them. */
async function ask({ read = aLandscape(four.slice(0, 3)), among = four, ...changes }: Asking = {}) {
  const cluster = new InMemoryCluster();
  const { signal } = new AbortController();
  const planOf = (landscape: typeof read) => planSync(landscape, cluster.snapshot(), settings.policy);
  await applyActions(planOf(aLandscape(among)).actions, cluster, { concurrency: 1, signal });
  const calls: string[] = [];
  const readIds = async () => {
    calls.push('read ids');
    const own = read.applications.map(({ id }) => id).filter((id) => !changes.lacking?.includes(id));
    return new Set([...own, ...((await changes.furtherIds?.()) ?? [])]);
  };
  const keepPrune = async () => {
    calls.push('keep');
    await changes.keepPrune?.();
  };
  const time = new VirtualTime();
  const plan = planOf(read);
  const memory = { ...emptySyncMemory, prune: changes.prune ?? emptyPruneMemory };
  const permission = await permit(
    { plan, landscape: read, startedAt: 0, memory, approvedIds: [], source: { readIds }, keepPrune },
    { settings, time },
    changes.signal ?? signal,
  );
  return { permission, calls, plan, time };
}

describe('the permission to remove', () => {
  it('is written down before the first removal, after UCL was asked once more', async () => {
    const { permission, calls } = await ask();
    expect([...permission.allowed]).toEqual([`${idOf('mp-d')}/mp-d`]);
    expect(permission).toMatchObject({ isComplete: true, isFirstSkip: false, skipped: 0, error: undefined });
    expect(calls).toEqual(['read ids', 'keep']);
  });

  it('costs neither a request nor a write where nothing may go', async () => {
    const { permission, calls } = await ask({ read: aLandscape(four) });
    expect([permission.allowed.size, permission.isFirstSkip, calls]).toEqual([0, false, []]);
  });

  it("asks UCL for no ids where only a rename's leftover goes: its system was read", async () => {
    const [first = aSystem('none'), ...others] = four;
    const { permission, calls } = await ask({ read: aLandscape([{ ...first, name: 'mp-new' }, ...others]) });
    expect(permission.allowed.size).toBe(1);
    expect(calls).toEqual(['keep']);
  });

  it('is written down by nobody where the ids have all that the pages lacked', async () => {
    const { permission, calls } = await ask({ furtherIds: async () => [idOf('mp-d')] });
    expect(permission).toMatchObject({ skipped: 1, isFirstSkip: true, allowed: new Set() });
    expect(calls).toEqual(['read ids']);
  });

  it('is not given where it cannot be made sure of; an error that nobody foresaw says at what', async () => {
    const { permission } = await ask({ furtherIds: () => Promise.reject(new TypeError('secret words')) });
    expect([permission.allowed.size, permission.isFirstSkip]).toEqual([0, false]);
    const { during, error } = permission.error ?? expect.unreachable();
    expect([during, error.message]).toEqual(['read', 'Making sure of a removal failed unexpectedly: TypeError']);
    const conflict = new AgentError('Conflict', 'somebody else writes', { next: 'retry' });
    const unwritten = await ask({ keepPrune: () => Promise.reject(conflict) });
    expect(unwritten.permission).toMatchObject({ allowed: new Set(), error: { during: 'apply', error: conflict } });
  });

  it.each([
    ['all of two', 2, [0, 1]],
    ['more than five that are more than half', 11, [0, 1, 2, 3, 4, 5]],
  ])('is not given where the ids lack what the pages held: %s', async (_, count, lacking) => {
    const systems = Array.from({ length: count }, (__, index) => aSystem(`mp-${index}`));
    const read = aLandscape(systems);
    const idsOf = (indexes: readonly number[]) => indexes.map((index) => idOf(`mp-${index}`));
    const among = [...systems, ...four.slice(0, 1)];
    const contradicted = await ask({ read, among, lacking: idsOf(lacking) });
    expect(contradicted.permission).toMatchObject({
      allowed: new Set(),
      error: { during: 'read', error: { reason: 'LandscapeMoving' } },
    });
    expect(contradicted.permission.error?.error.message).toBe(
      `The ids of the systems lack ${lacking.length} of ${count} systems that UCL had given just before`,
    );
    const departed = await ask({ read, among, lacking: idsOf(lacking.slice(1)) });
    expect(departed.permission).toMatchObject({ allowed: new Set([`${idOf('mp-a')}/mp-a`]), error: undefined });
  });

  it('leaves the holds as they were where it cannot be written down, but for what UCL assigns by pages or ids', async () => {
    const begin = (name: string) =>
      beginHold([`${idOf(name)}/${name}`], { now: new Date(0), instant: -holdMs }, holdMs);
    const due = { ...begin('mp-d'), confirmedAt: -holdMs / 2 };
    const returned = [begin('mp-b'), begin('mp-c')];
    const { permission } = await ask({
      read: aLandscape(four.filter(({ name }) => name !== 'mp-c' && name !== 'mp-d')),
      furtherIds: async () => [idOf('mp-c')],
      keepPrune: () => Promise.reject(new AgentError('PermissionMissing', 'forbidden', { next: 'wait' })),
      prune: { ...emptyPruneMemory, holds: [...returned, due], earlier: returned },
    });
    expect(permission.memory).toMatchObject({ holds: [due], earlier: [] });
  });

  it('is no answer to a sync that is cut off', async () => {
    const cut = new AbortController();
    const keepPrune = async () => {
      cut.abort();
      throw new AgentError('ClusterUnreachable', 'cut', { next: 'retry' });
    };
    await expect(ask({ keepPrune, signal: cut.signal })).rejects.toThrow('aborted');
  });

  it('is none after a read with gaps, neither for Applications nor for their Secrets', async () => {
    const bundle = aBundle('Orders', { auth: basicAuth('user', 'pass', { additionalHeaders: { a: ['1'] } }) });
    const cluster = new InMemoryCluster();
    const shop = aSystem('mp-shop', { bundles: [bundle] });
    const planOf = (system: typeof shop) => planSync(aLandscape([system]), cluster.snapshot(), settings.policy);
    await applyActions(planOf(shop).actions, cluster, { concurrency: 1, signal: new AbortController().signal });
    const bare = planOf({ ...shop, description: 'new', bundles: [{ ...bundle, auth: basicAuth('user', 'pass') }] });
    const steps = (gaps: Parameters<typeof selectPermitted>[1]['gaps']) =>
      selectPermitted(bare, { gaps }, { allowed: new Set() }).flatMap((action) => action.steps.map((step) => step.do));
    expect(steps([])).toEqual(['update-application', 'delete-secret']);
    expect(steps([{ applicationId: 'x', name: 'mp-x', message: 'broken' }])).toEqual(['update-application']);
    const gaps = [{ applicationId: idOf('mp-d'), name: 'mp-d', message: 'broken' }];
    const { permission } = await ask({ read: aLandscape(four.slice(0, 3), { gaps }) });
    expect(permission.isComplete).toBe(false);
  });
});

describe('what came of the permission', () => {
  const at = { settings: { holdMs }, time: new VirtualTime() };

  it('is nothing where none was asked for', () => {
    expect(toPruneResult(undefined, [], at)).toEqual({
      ...{ memory: emptyPruneMemory, held: [], ended: [], skipped: 0, error: undefined, nextLook: undefined },
    });
  });

  it('is looked at when the first of several holds is due, and at once after the first read that found some assigned', () => {
    const begin = (ms: number) => beginHold([`id/mp-${ms}`], { now: at.time.now(), instant: ms }, holdMs);
    const { permission } = anOverdueHold(true);
    const memory = { ...permission.memory, holds: [begin(90_000), begin(30_000)] };
    expect(toPruneResult({ ...permission, memory }, [], at).nextLook).toBe(30_000 + holdMs / 2);
    expect(toPruneResult({ ...permission, memory, isFirstSkip: true }, [], at).nextLook).toBe(0);
  });
});
