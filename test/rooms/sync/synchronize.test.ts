import { describe, expect, it } from 'vitest';
import type { Landscape } from '../../../agent/domain/landscape.ts';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import type { LandscapeSource } from '../../../agent/sync/ports.ts';
import { emptySyncMemory, rememberDrift, rememberSync, type SyncMemory } from '../../../agent/sync/sync-memory.ts';
import { mendDrift, type SyncParts, synchronize } from '../../../agent/sync/synchronize.ts';
import { aPolicy } from '../../data/builders/a-policy.ts';
import { aLandscape, aSystem, idOf } from '../../data/builders/landscape.ts';
import { recordLog } from '../../data/builders/record-log.ts';
import { InMemoryCluster } from '../../data/fakes/in-memory-cluster.ts';
import { VirtualTime } from '../../data/fakes/virtual-time.ts';

const down = new AgentError('CompassUnreachable', 'UCL is down', { next: 'retry' });
const never = new AbortController().signal;

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
    return answer;
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
    settings: {
      policy: aPolicy(),
      prunePolicy: 'sync',
      confirmationMs: 15_000,
      concurrency: 4,
      runtimeLabels: {},
      ...settings,
    },
    time,
    log: recordLog(),
  };
  const run = async (source: LandscapeSource, memory: SyncMemory = emptySyncMemory, approvedHash?: string) => {
    const syncing = synchronize({ memory, source, trigger: 'schedule', approvedHash }, parts, never);
    return rememberSync(memory, await time.passUntil(syncing, 10));
  };
  const names = () => [...cluster.applications.keys()].sort();
  const breakReads = (error: AgentError | undefined) => {
    readError = error;
  };
  return { cluster, time, parts, run, names, breakReads };
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
      held: undefined,
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

  it('removes nothing after an incomplete read, and does not keep that read for drift', async () => {
    const { run, names } = stage();
    const before = await run(new ScriptedUcl(systems('mp-one', 'mp-two')));
    const gap = { applicationId: idOf('mp-two'), name: 'mp-two', message: 'broken' };
    const after = await run(new ScriptedUcl({ ...systems('mp-three'), gaps: [gap] }), before);
    expect(names()).toEqual(['mp-one', 'mp-three', 'mp-two']);
    expect(after.last).toMatchObject({ gaps: 1, counts: { desired: 2, failed: 1, ready: 1 } });
    expect(after.landscape).toBe(before.landscape);
  });

  it('holds a large removal until a later read confirms it', async () => {
    const { run, names, time } = stage();
    const before = await run(new ScriptedUcl(systems('mp-one', 'mp-two')));
    const held = await run(new ScriptedUcl(systems()), before);
    expect(names()).toHaveLength(2);
    expect(held.last?.held?.applicationNames).toEqual(['mp-one', 'mp-two']);
    const early = await run(new ScriptedUcl(systems()), held);
    expect(names()).toHaveLength(2);
    await time.pass(15_000);
    const confirmed = await run(new ScriptedUcl(systems()), early);
    expect(names()).toEqual([]);
    expect(confirmed.last?.held).toBeUndefined();
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
    await time.pass(15_000);
    await run(new ScriptedUcl(systems()), still);
    expect(names()).toEqual([]);
  });

  it('removes what a person approved by its hash, at once', async () => {
    const { run, names } = stage();
    const before = await run(new ScriptedUcl(systems('mp-one', 'mp-two')));
    const held = await run(new ScriptedUcl(systems()), before);
    await run(new ScriptedUcl(systems()), held, held.last?.held?.hash);
    expect(names()).toEqual([]);
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
    const result = await mendDrift({ memory, approvedHash: undefined }, parts, never);
    expect(names()).toEqual(['mp-one', 'mp-two']);
    expect(result?.applied.create).toBe(1);
  });

  it('is left alone while nobody vouches for a read', async () => {
    const { parts, cluster } = stage();
    expect(await mendDrift({ memory: emptySyncMemory, approvedHash: undefined }, parts, never)).toBeUndefined();
    expect(cluster.writes).toEqual([]);
  });

  it('renews the counts and keeps the times and the trigger of the sync', async () => {
    const { run, parts, cluster } = stage();
    const memory = await run(new ScriptedUcl(systems('mp-one')));
    cluster.applications.delete('mp-one');
    cluster.refusals.set('mp-one', 'Refused');
    const result = await mendDrift({ memory, approvedHash: undefined }, parts, never);
    if (result === undefined) throw new Error('There was a read to mend from.');
    const after = rememberDrift(memory, result);
    expect(after.last).toMatchObject({ counts: { desired: 1, failed: 1, ready: 0 }, trigger: 'schedule' });
    expect(after.last?.attemptedAt).toEqual(memory.last?.attemptedAt);
  });
});
