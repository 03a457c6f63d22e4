import { describe, expect, it } from 'vitest';
import type { Landscape } from '../../../agent/domain/landscape.ts';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import { createPlanner } from '../../../agent/sync/create-planner.ts';
import type { PruneMemory } from '../../../agent/sync/deletion-policy.ts';
import type { LandscapeSource } from '../../../agent/sync/ports.ts';
import { emptySyncMemory, rememberDrift, rememberSync, type SyncMemory } from '../../../agent/sync/sync-memory.ts';
import type { SyncParts } from '../../../agent/sync/sync-parts.ts';
import { mendDrift, synchronize } from '../../../agent/sync/synchronize.ts';
import { aPolicy } from '../../data/builders/a-policy.ts';
import { aLandscape, aSystem, idOf } from '../../data/builders/landscape.ts';
import { recordLog } from '../../data/builders/record-log.ts';
import { InMemoryCluster } from '../../data/fakes/in-memory-cluster.ts';
import { VirtualTime } from '../../data/fakes/virtual-time.ts';

const down = new AgentError('CompassUnreachable', 'UCL is down', { next: 'retry' });
const never = new AbortController().signal;
const holdMs = 600_000;

/** UCL as a test wants it: each read gives the next answer, the last one for ever. */
class ScriptedUcl implements LandscapeSource {
  readonly answers: (Landscape | AgentError)[];
  readonly labels: string[] = [];
  labelError: AgentError | undefined;

  constructor(...answers: (Landscape | AgentError)[]) {
    this.answers = answers;
  }

  async readLandscape(): Promise<Landscape> {
    const answer = this.answers.length > 1 ? this.answers.shift() : this.answers[0];
    if (answer === undefined || answer instanceof AgentError) throw answer ?? down;
    this.#last = answer;
    return answer;
  }

  /** undefined: the ids of the last answer; else what this Director says. */
  ids: string[] | AgentError | undefined;
  idReads = 0;
  #last: Landscape = aLandscape([]);

  async readIds(): Promise<ReadonlySet<string>> {
    this.idReads += 1;
    if (this.ids instanceof AgentError) throw this.ids;
    return new Set(this.ids ?? this.#last.applications.map(({ id }) => id));
  }

  async setRuntimeLabel(key: string, value: string): Promise<void> {
    if (this.labelError !== undefined) throw this.labelError;
    this.labels.push(`${key}=${value}`);
  }
}

function stage(settings: Partial<SyncParts['settings']> = {}) {
  const cluster = new InMemoryCluster();
  const time = new VirtualTime();
  let readError: AgentError | undefined;
  const parts: SyncParts = {
    reader: {
      snapshot: async () => {
        if (readError !== undefined) throw readError;
        return cluster.snapshot();
      },
    },
    applications: cluster,
    plan: createPlanner(),
    settings: {
      policy: aPolicy(),
      prunePolicy: 'sync',
      holdMs,
      concurrency: 4,
      runtimeLabels: {},
      ...settings,
    },
    time,
    log: recordLog(),
  };
  /** What was stored of the guard's memory, and how many Applications there were then. */
  const stored: { prune: PruneMemory; applications: number }[] = [];
  let storeError: AgentError | undefined;
  const keepPrune = async (prune: PruneMemory) => {
    if (storeError !== undefined) throw storeError;
    stored.push({ prune, applications: cluster.applications.size });
  };
  const run = async (source: LandscapeSource, memory: SyncMemory = emptySyncMemory, approvedIds: string[] = []) => {
    const syncing = synchronize({ memory, source, trigger: 'schedule', approvedIds, keepPrune }, parts, never);
    return rememberSync(memory, await time.passUntil(syncing, 10));
  };
  const breakStore = (error: AgentError) => {
    storeError = error;
  };
  const names = () => [...cluster.applications.keys()].sort();
  const breakReads = (error: AgentError | undefined) => {
    readError = error;
  };
  return { cluster, time, parts, run, names, breakReads, stored, breakStore };
}

const systems = (...names: string[]) => aLandscape(names.map((name) => aSystem(name)));

describe('a sync', () => {
  it('brings the systems into the cluster and remembers counts, times and the landscape', async () => {
    const { run, names, time } = stage();
    const memory = await run(new ScriptedUcl(systems('mp-one', 'mp-two')));
    expect(names()).toEqual(['mp-one', 'mp-two']);
    expect(memory.last).toMatchObject({
      trigger: 'schedule',
      counts: { desired: 2, ready: 2, failed: 0 },
      error: undefined,
      gaps: 0,
      held: [],
    });
    expect(memory.last?.appliedAt?.getTime()).toBeLessThanOrEqual(time.now().getTime());
    expect(memory.landscape?.applications).toHaveLength(2);
  });

  it('leaves the cluster and the last successes alone when UCL cannot be read, and says why', async () => {
    const { run, names } = stage();
    const before = await run(new ScriptedUcl(systems('mp-one')));
    const after = await run(new ScriptedUcl(down), before);
    expect(names()).toEqual(['mp-one']);
    expect(after.last).toMatchObject({ error: { during: 'read', error: down }, counts: { desired: 1 } });
    expect(after.last?.appliedAt).toEqual(before.last?.appliedAt);
    expect(after.landscape).toBe(before.landscape);
  });

  it('tells a cluster that cannot be read from UCL that cannot', async () => {
    const { run, breakReads } = stage();
    const unreachable = new AgentError('ClusterUnreachable', 'the API server is down', { next: 'retry' });
    breakReads(unreachable);
    const memory = await run(new ScriptedUcl(systems('mp-one')));
    expect(memory.last?.error).toEqual({ during: 'apply', error: unreachable });
    expect(memory.last?.fetchedAt).toBeDefined();
    expect(memory.last?.appliedAt).toBeUndefined();
  });

  it('removes nothing after an incomplete read, and keeps the newest that is known of each system', async () => {
    const { run, names } = stage();
    const before = await run(new ScriptedUcl(systems('mp-one', 'mp-two')));
    const gap = { applicationId: idOf('mp-two'), name: 'mp-two', message: 'broken' };
    const after = await run(new ScriptedUcl({ ...systems('mp-three'), gaps: [gap] }), before);
    expect(names()).toEqual(['mp-one', 'mp-three', 'mp-two']);
    expect(after.last).toMatchObject({ gaps: 1, counts: { desired: 2, failed: 1, ready: 1 } });
    expect(after.landscape?.applications.map(({ name }) => name)).toEqual(['mp-three', 'mp-two']);
    expect(after.landscape?.gaps).toEqual([gap]);
  });

  it('holds a large removal until later reads confirm it', async () => {
    const { run, names, time } = stage();
    const before = await run(new ScriptedUcl(systems('mp-one', 'mp-two')));
    const held = await run(new ScriptedUcl(systems()), before);
    expect(names()).toHaveLength(2);
    expect(held.last?.held).toMatchObject([{ applicationNames: ['mp-one', 'mp-two'] }]);
    await time.pass(holdMs / 2);
    const half = await run(new ScriptedUcl(systems()), held);
    expect(names()).toHaveLength(2);
    await time.pass(holdMs / 2);
    const confirmed = await run(new ScriptedUcl(systems()), half);
    expect(names()).toEqual([]);
    expect(confirmed.last?.held).toEqual([]);
    expect(confirmed.prune.removals).toEqual([expect.objectContaining({ count: 2 })]);
  });

  it('holds it by the monotonic clock: a wall clock that jumps confirms nothing and loses nothing', async () => {
    const { run, names, time } = stage();
    const before = await run(new ScriptedUcl(systems('mp-one', 'mp-two')));
    const held = await run(new ScriptedUcl(systems()), before);
    time.jump(24 * 3_600_000);
    const still = await run(new ScriptedUcl(systems()), held);
    expect(names()).toHaveLength(2);
    time.jump(-48 * 3_600_000);
    await time.pass(holdMs);
    await run(new ScriptedUcl(systems()), still);
    expect(names()).toEqual([]);
  });

  it('removes what a person approved by its id, at once', async () => {
    const { run, names } = stage();
    const before = await run(new ScriptedUcl(systems('mp-one', 'mp-two')));
    const held = await run(new ScriptedUcl(systems()), before);
    await run(
      new ScriptedUcl(systems()),
      held,
      held.last?.held.map(({ id }) => id),
    );
    expect(names()).toEqual([]);
  });

  it('removes nothing that the ids have although the pages lack it, and asks for another read at once', async () => {
    const { run, names, time, parts } = stage();
    const before = await run(new ScriptedUcl(systems('mp-one', 'mp-two', 'mp-three')));
    const skipping = new ScriptedUcl(systems('mp-one'));
    skipping.ids = [idOf('mp-one'), idOf('mp-two')];
    const input = {
      memory: before,
      source: skipping,
      trigger: 'schedule',
      approvedIds: [],
      keepPrune: async () => undefined,
    };
    const { outcome } = await time.passUntil(synchronize(input, parts, never), 10);
    expect(names()).toEqual(['mp-one', 'mp-two']);
    expect(outcome).toMatchObject({ prune: { skipped: 1, nextLook: expect.any(Number) } });
    const after = rememberSync(before, { attemptedAt: time.now(), trigger: 'schedule', outcome });
    const again = await time.passUntil(synchronize({ ...input, memory: after }, parts, never), 10);
    expect(again.outcome).toMatchObject({ prune: { skipped: 1, nextLook: undefined } });
  });

  it('holds nothing that the ids have, which are read for another removal', async () => {
    const { run, names, time } = stage();
    const before = await run(new ScriptedUcl(systems('mp-one', 'mp-two', 'mp-three')));
    const held = await run(new ScriptedUcl(systems()), before);
    await time.pass(holdMs / 2);
    const half = await run(new ScriptedUcl(systems('mp-three')), held);
    await time.pass(holdMs / 2);
    const skipping = new ScriptedUcl(systems());
    skipping.ids = [idOf('mp-three')];
    const after = await run(skipping, half);
    expect(names()).toEqual(['mp-three']);
    expect(after.last).toMatchObject({ held: [], skipped: 0 });
  });

  it('reads the ids only when something is to be removed that may be', async () => {
    const { run } = stage();
    const ucl = new ScriptedUcl(systems('mp-one', 'mp-two'));
    const before = await run(ucl);
    await run(ucl, before);
    const empty = new ScriptedUcl(systems());
    await run(empty, before);
    expect([ucl.idReads, empty.idReads]).toEqual([0, 0]);
  });

  it('removes nothing when the ids cannot be read, applies the rest, and says why', async () => {
    const { run, names } = stage();
    const before = await run(new ScriptedUcl(systems('mp-one', 'mp-two')));
    const ucl = new ScriptedUcl(systems('mp-one', 'mp-new'));
    ucl.ids = down;
    const after = await run(ucl, before);
    expect(names()).toEqual(['mp-new', 'mp-one', 'mp-two']);
    expect(after.last?.error).toEqual({ during: 'read', error: down });
  });

  it('stores what it is going to remove before it does, and removes nothing when that fails', async () => {
    const { run, names, stored, breakStore } = stage();
    const before = await run(new ScriptedUcl(systems('mp-one', 'mp-two', 'mp-three')));
    const between = await run(new ScriptedUcl(systems('mp-one', 'mp-two')), before);
    expect(stored).toMatchObject([{ applications: 3, prune: { removals: [{ count: 1 }] } }]);
    breakStore(down);
    const after = await run(new ScriptedUcl(systems('mp-one')), between);
    expect(names()).toEqual(['mp-one', 'mp-two']);
    expect(after.last?.error).toEqual({ during: 'apply', error: down });
  });

  it('looks again after a minute for a removal whose intent cannot be stored', async () => {
    const { run, time, parts } = stage();
    const before = await run(new ScriptedUcl(systems('mp-one', 'mp-two')));
    const held = await run(new ScriptedUcl(systems()), before);
    await time.pass(holdMs / 2);
    const half = await run(new ScriptedUcl(systems()), held);
    await time.pass(holdMs / 2);
    const input = { memory: half, source: new ScriptedUcl(systems()), trigger: 'schedule', approvedIds: [] };
    const keepPrune = () => Promise.reject(down);
    const { outcome } = await time.passUntil(synchronize({ ...input, keepPrune }, parts, never), 10);
    expect(outcome).toMatchObject({ prune: { error: { error: down } } });
    const { nextLook = 0 } = 'prune' in outcome ? outcome.prune : {};
    expect(Math.round((nextLook - time.instant()) / 1_000)).toBe(60);
  });

  it('decides once a read: what it created itself is no reason to remove the rest', async () => {
    const { run, cluster, names } = stage();
    const before = await run(new ScriptedUcl(systems('mp-a', 'mp-b')));
    cluster.refusals.set('mp-x', 'AlreadyExists');
    const after = await run(new ScriptedUcl(systems('mp-x', 'mp-y')), before);
    expect(names()).toEqual(['mp-a', 'mp-b', 'mp-y']);
    expect(after.last?.held).toMatchObject([{ applicationNames: ['mp-a', 'mp-b'] }]);
  });

  it('plans again, three times at most, for an object that changed under its write', async () => {
    const { run, cluster } = stage();
    const before = await run(new ScriptedUcl(systems('mp-one')));
    cluster.refusals.set('mp-one', 'Conflict');
    const changed = aLandscape([aSystem('mp-one', { description: 'new' })]);
    const after = await run(new ScriptedUcl(changed), before);
    expect(cluster.writes.filter((write) => write === 'update mp-one')).toHaveLength(3);
    expect(after.last?.failures).toMatchObject([{ name: 'mp-one', reason: 'Conflict' }]);
  });

  it('tells what an earlier round did when the cluster cannot be read any more', async () => {
    const { run, cluster, breakReads } = stage();
    const before = await run(new ScriptedUcl(systems('mp-one', 'mp-two', 'mp-three')));
    cluster.refusals.set('mp-one', 'Conflict');
    const changed = aLandscape([aSystem('mp-one', { description: 'new' }), aSystem('mp-three')]);
    cluster.afterWrite = (write) => {
      if (write === 'update mp-one') breakReads(down);
    };
    const after = await run(new ScriptedUcl(changed), before);
    expect(after.last).toMatchObject({ error: undefined, failures: [{ name: 'mp-one' }] });
    expect(after.prune.removals).toMatchObject([{ count: 1 }]);
  });

  it("sets the runtime's labels that differ, and survives when that fails", async () => {
    const runtimeLabels = { runtime_consoleUrl: 'https://console', runtime_eventServiceUrl: undefined, same: 'same' };
    const { run } = stage({ runtimeLabels });
    const landscape = aLandscape([], { runtimeLabels: { runtime_consoleUrl: 'https://old', same: 'same' } });
    const ucl = new ScriptedUcl(landscape);
    await run(ucl);
    expect(ucl.labels).toEqual(['runtime_consoleUrl=https://console']);
    ucl.labelError = down;
    const memory = await run(ucl);
    expect(memory.last).toMatchObject({ error: { during: 'labels', error: down }, counts: { desired: 0 } });
    expect(memory.last?.appliedAt).toBeDefined();
  });
});

describe('drift', () => {
  it('is mended from the last complete read, without asking UCL', async () => {
    const { run, parts, cluster, names } = stage();
    const memory = await run(new ScriptedUcl(systems('mp-one', 'mp-two')));
    cluster.applications.delete('mp-one');
    const result = await mendDrift({ memory }, parts, never);
    expect(names()).toEqual(['mp-one', 'mp-two']);
    expect(result?.applied.create).toBe(1);
  });

  it('is mended towards the newest that is known of each system, and removes nothing', async () => {
    const { run, parts, names } = stage();
    const before = await run(new ScriptedUcl(systems('mp-one', 'mp-two')));
    const gap = { applicationId: idOf('mp-one'), name: 'mp-one', message: 'broken' };
    const after = await run(new ScriptedUcl({ ...systems('mp-two', 'mp-new'), gaps: [gap] }), before);
    const result = await mendDrift({ memory: after }, parts, never);
    expect(names()).toEqual(['mp-new', 'mp-one', 'mp-two']);
    expect(result).toMatchObject({ gaps: 1, desired: 3, failures: [{ reason: 'ReadIncomplete' }] });
  });

  it('does not make up for a removal that failed', async () => {
    const { run, parts, cluster } = stage();
    const before = await run(new ScriptedUcl(systems('mp-one', 'mp-two', 'mp-three')));
    cluster.refusals.set('mp-three', 'ClusterUnreachable');
    const after = await run(new ScriptedUcl(systems('mp-one', 'mp-two')), before);
    const result = await mendDrift({ memory: after }, parts, never);
    if (result === undefined) throw new Error('There was a read to mend from.');
    expect(rememberDrift(after, result).last?.failures).toMatchObject([{ name: 'mp-three' }]);
    cluster.refusals.clear();
    expect((await run(new ScriptedUcl(systems('mp-one', 'mp-two')), after)).last?.failures).toEqual([]);
  });

  it('is mended again later where a write failed, whether or not UCL can be asked', async () => {
    const { run, parts, cluster } = stage();
    const memory = await run(new ScriptedUcl(systems('mp-one', 'mp-two')));
    cluster.applications.delete('mp-one');
    cluster.refusals.set('mp-one', 'ClusterUnreachable');
    const failed = await mendDrift({ memory }, parts, never);
    expect(failed?.nextWriteAt).toBe(parts.time.instant() + 300_000);
    cluster.refusals.clear();
    expect((await mendDrift({ memory }, parts, never))?.nextWriteAt).toBeUndefined();
    expect([...cluster.applications.keys()].sort()).toEqual(['mp-one', 'mp-two']);
  });

  it('does not make up for a rename of which the former Application is still there', async () => {
    const { run, parts, cluster } = stage();
    const before = await run(new ScriptedUcl(systems('mp-one', 'mp-two')));
    cluster.refusals.set('mp-renamed', 'ClusterUnreachable');
    const renamed = aLandscape([{ ...aSystem('mp-renamed'), id: idOf('mp-one') }, aSystem('mp-two')]);
    const after = await run(new ScriptedUcl(renamed), before);
    cluster.refusals.clear();
    const result = await mendDrift({ memory: after }, parts, never);
    if (result === undefined) throw new Error('There was a read to mend from.');
    expect([...cluster.applications.keys()].sort()).toEqual(['mp-one', 'mp-renamed', 'mp-two']);
    expect(rememberDrift(after, result).last).toMatchObject({
      counts: { ready: 1 },
      failures: [{ name: 'mp-renamed' }],
    });
    const settled = await run(new ScriptedUcl(renamed), after);
    expect([...cluster.applications.keys()].sort()).toEqual(['mp-renamed', 'mp-two']);
    expect(settled.last?.failures).toEqual([]);
  });

  it('is left alone while nobody vouches for a read', async () => {
    const { parts, cluster } = stage();
    expect(await mendDrift({ memory: emptySyncMemory }, parts, never)).toBeUndefined();
    expect(cluster.writes).toEqual([]);
  });

  it('renews the counts and keeps the times and the trigger of the sync', async () => {
    const { run, parts, cluster } = stage();
    const memory = await run(new ScriptedUcl(systems('mp-one')));
    cluster.applications.delete('mp-one');
    cluster.refusals.set('mp-one', 'Refused');
    const result = await mendDrift({ memory }, parts, never);
    if (result === undefined) throw new Error('There was a read to mend from.');
    const after = rememberDrift(memory, result);
    expect(after.last).toMatchObject({ counts: { desired: 1, failed: 1, ready: 0 }, trigger: 'schedule' });
    expect(after.last?.attemptedAt).toEqual(memory.last?.attemptedAt);
  });
});
