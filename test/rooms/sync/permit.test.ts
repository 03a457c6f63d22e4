import { describe, expect, it } from 'vitest';
import { beginHold } from '../../../agent/sync/holds.ts';
import { type Permission, permit, toPruneResult } from '../../../agent/sync/permit.ts';
import { planSync } from '../../../agent/sync/plan-sync.ts';
import { emptySyncMemory } from '../../../agent/sync/sync-memory.ts';
import { aPolicy } from '../../data/builders/a-policy.ts';
import { aLandscape } from '../../data/builders/landscape.ts';
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
