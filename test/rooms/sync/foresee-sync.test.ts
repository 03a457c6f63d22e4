import { describe, expect, test } from 'vitest';
import type { Landscape } from '../../../agent/domain/landscape.ts';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import { createPlanner } from '../../../agent/sync/create-planner.ts';
import { foreseeSync } from '../../../agent/sync/foresee-sync.ts';
import { type Foresight, foresightSchema } from '../../../agent/sync/foresight.ts';
import type { LandscapeSource } from '../../../agent/sync/ports.ts';
import { toPruneNote } from '../../../agent/sync/prune-note.ts';
import { emptySyncMemory, rememberSync } from '../../../agent/sync/sync-memory.ts';
import type { SyncParts } from '../../../agent/sync/sync-parts.ts';
import { synchronize } from '../../../agent/sync/synchronize.ts';
import { aPolicy } from '../../data/builders/a-policy.ts';
import { aBundle, aLandscape, anApi, aSystem, basicAuth, idOf } from '../../data/builders/landscape.ts';
import { recordLog } from '../../data/builders/record-log.ts';
import { InMemoryCluster } from '../../data/fakes/in-memory-cluster.ts';
import { VirtualTime } from '../../data/fakes/virtual-time.ts';

const { signal } = new AbortController();

function stage(settings: Partial<SyncParts['settings']> = {}) {
  const cluster = new InMemoryCluster();
  const time = new VirtualTime();
  const parts: SyncParts = {
    reader: { snapshot: async () => cluster.snapshot() },
    applications: cluster,
    settings: {
      ...{ policy: aPolicy(), prunePolicy: 'sync', holdMs: 600_000, concurrency: 4, runtimeLabels: {} },
      ...settings,
    },
    plan: createPlanner(),
    time,
    log: recordLog(),
  };
  let ucl: Landscape = aLandscape([]);
  let ids: string[] | AgentError | undefined;
  const source: LandscapeSource = {
    readLandscape: async () => ucl,
    async readIds() {
      if (ids instanceof AgentError) throw ids;
      return new Set(ids ?? ucl.applications.map(({ id }) => id));
    },
    setRuntimeLabel: async () => undefined,
  };
  let memory = emptySyncMemory;
  return {
    cluster,
    time,
    assign: (landscape: Landscape) => {
      ucl = landscape;
    },
    knowIds: (known: string[] | AgentError) => {
      ids = known;
    },
    async sync() {
      const input = { memory, source, trigger: 'schedule', approvedIds: [], keepPrune: async () => undefined };
      memory = rememberSync(memory, await time.passUntil(synchronize(input, parts, signal), 10));
      return toPruneNote(memory.prune);
    },
    async foresee(changes: { pruneNote?: string | undefined; approvedIds?: string[] } = {}): Promise<Foresight> {
      const input = { runtimeId: 'r', isSuspended: false, source, pruneNote: undefined, approvedIds: [], ...changes };
      const foresight = await time.passUntil(foreseeSync(input, parts, signal), 10);
      expect(foresightSchema.parse(JSON.parse(JSON.stringify(foresight)))).toEqual(foresight);
      return foresight;
    },
  };
}

const shop = (password: string, target = 'orders') =>
  aSystem('mp-shop', {
    bundles: [aBundle('Orders', { auth: basicAuth('hunter1', password), apiDefinitions: [anApi(target)] })],
  });
const many = (...names: string[]) => aLandscape(names.map((name) => aSystem(name)));
const rules = ({ held }: Foresight) => held.map(({ application, heldBy }) => [application, heldBy.rule]);

describe('what the next sync would do', () => {
  test('is what it then does, and nothing once it has done it; foreseeing writes nothing', async () => {
    const { assign, foresee, sync, cluster } = stage();
    assign(aLandscape([shop('hunter2'), aSystem('mp-crm')]));
    const foresight = await foresee();
    expect(cluster.writes).toEqual([]);
    expect(foresight).toMatchObject({ desired: 2, held: [], labels: [], failures: [], leftAlone: [] });
    await sync();
    const told = foresight.changes.flatMap(({ objects }) => objects.map(({ do: verb, name }) => `${verb} ${name}`));
    expect(told.sort()).toEqual([...cluster.writes].sort());
    expect(await foresee()).toMatchObject({ changes: [], held: [] });
  });

  test('names what changes: places of an Application, and keys of a Secret without a value', async () => {
    const { assign, foresee, sync } = stage();
    assign(aLandscape([shop('hunter2')]));
    await sync();
    assign(aLandscape([{ ...shop('hunter3', 'sales'), description: 'new' }]));
    const foresight = await foresee();
    expect(foresight.changes).toEqual([
      expect.objectContaining({ kind: 'update', application: 'mp-shop', systemId: idOf('mp-shop') }),
    ]);
    const { objects = [] } = foresight.changes[0] ?? {};
    expect(objects.map(({ kind, fields }) => [kind, fields])).toEqual([
      ['Secret', ['data.password']],
      ['Application', expect.arrayContaining(['spec.description', 'spec.services[0].entries[0].id'])],
    ]);
    const secret = /hunter|aHVudGVy/;
    expect(JSON.stringify(foresight)).not.toMatch(secret);
    assign(
      aLandscape([
        shop('hunter2'),
        aSystem('mp-crm', { bundles: [aBundle('B', { auth: basicAuth('u', 'hunter4') })] }),
      ]),
    );
    const added = await foresee();
    expect(added.changes[0]?.objects[1]).toMatchObject({
      do: 'create',
      kind: 'Secret',
      fields: ['data.password', 'data.username'],
    });
    expect(JSON.stringify(added)).not.toMatch(secret);
  });

  test('names the labels that the runtime lacks in UCL, failures, and what a person opted out', async () => {
    const { assign, foresee, sync, cluster } = stage({ runtimeLabels: { runtime_consoleUrl: 'https://console' } });
    assign(many('mp-one', 'mp-two'));
    await sync();
    cluster.annotate('mp-two', { 'compass.kyma-project.io/reconcile': 'disabled' });
    assign(aLandscape([aSystem('mp-one'), { ...aSystem('mp-two'), description: 'new' }, aSystem('MP one')]));
    expect(await foresee()).toMatchObject({
      labels: [{ key: 'runtime_consoleUrl', value: 'https://console' }],
      failures: [{ applicationId: idOf('MP one'), reason: 'InvalidName' }],
      changes: [],
      leftAlone: ['mp-two'],
    });
  });
});

describe('each change', () => {
  test('says why, and every place of the Application that it is about', async () => {
    const { assign, foresee, sync } = stage();
    const apis = (...names: string[]) =>
      aSystem('mp-shop', { bundles: [aBundle('Orders', { apiDefinitions: names.map((name) => anApi(name)) })] });
    assign(aLandscape([aSystem('mp-a'), apis('one', 'two'), aSystem('mp-z')]));
    await sync();
    const moved = ['one', 'two'].map((name) => ({ ...anApi(name), targetUrl: 'https://new.example.test' }));
    const bundles = [aBundle('Orders', { apiDefinitions: moved })];
    assign(aLandscape([aSystem('mp-a'), aSystem('mp-shop', { bundles }), aSystem('mp-z')]));
    const { changes } = await foresee();
    expect(changes).toMatchObject([{ kind: 'update', because: ['services'], objects: [{ kind: 'Application' }] }]);
    expect(changes[0]?.objects[0]?.fields).toEqual([
      'spec.services[0].entries[0].targetUrl',
      'spec.services[0].entries[1].targetUrl',
    ]);
  });

  test('names the Secrets that go with an Application, and no fields of what comes or goes as a whole', async () => {
    const { assign, foresee, sync } = stage();
    assign(aLandscape([shop('hunter2'), aSystem('mp-a'), aSystem('mp-b')]));
    await sync();
    assign(many('mp-a', 'mp-b', 'mp-c'));
    expect((await foresee()).changes.map(({ objects }) => objects)).toEqual([
      [{ do: 'create', kind: 'Application', name: 'mp-c', fields: [] }],
      [
        { do: 'delete', kind: 'Secret', name: `mp-shop-${idOf('bundle Orders')}`, fields: [] },
        { do: 'delete', kind: 'Application', name: 'mp-shop', fields: [] },
      ],
    ]);
  });

  test('is none for what a person opted out, which is named in order', async () => {
    const { assign, foresee, sync, cluster } = stage();
    assign(many('mp-a', 'mp-b', 'mp-c'));
    await sync();
    for (const name of ['mp-c', 'mp-a']) {
      const application = cluster.applications.get(name) ?? expect.unreachable();
      cluster.applications.delete(name);
      cluster.applications.set(name, application);
      cluster.annotate(name, { 'compass.kyma-project.io/reconcile': 'disabled' });
    }
    expect((await foresee()).leftAlone).toEqual(['mp-a', 'mp-c']);
  });
});

describe('a removal', () => {
  test('that is small is made, and the ids of UCL are asked before', async () => {
    const { assign, foresee, sync, knowIds } = stage();
    assign(many('mp-one', 'mp-two', 'mp-three'));
    await sync();
    assign(many('mp-one', 'mp-two'));
    expect(await foresee()).toMatchObject({ changes: [{ kind: 'delete', application: 'mp-three' }], held: [] });
    knowIds(['mp-one', 'mp-two', 'mp-three'].map(idOf));
    expect(rules(await foresee())).toEqual([['mp-three', 'still-assigned']]);
    knowIds(new AgentError('CompassUnreachable', 'UCL is down', { next: 'retry' }));
    const unsure = await foresee();
    expect(unsure.held[0]?.heldBy).toEqual({ rule: 'unsure', message: 'UCL is down' });
  });

  test('of everything would be held, is held by the id that the agent noted, and goes once approved', async () => {
    const { assign, foresee, sync, cluster } = stage();
    assign(many('mp-one', 'mp-two'));
    await sync();
    assign(many());
    expect(rules(await foresee())).toEqual([
      ['mp-one', 'all'],
      ['mp-two', 'all'],
    ]);
    const pruneNote = await sync();
    const { held } = await foresee({ pruneNote });
    const { heldBy } = held[0] ?? expect.unreachable();
    expect(heldBy).toMatchObject({ rule: 'hold', since: expect.any(String), until: expect.any(String) });
    const approvedIds = heldBy.rule === 'hold' ? [heldBy.id] : [];
    expect(await foresee({ pruneNote, approvedIds })).toMatchObject({ held: [], changes: [{}, {}] });
    expect(cluster.applications.size).toBe(2);
  });

  test.each<[string, Partial<SyncParts['settings']>, Partial<Landscape>]>([
    ['most', {}, {}],
    ['upsert-only', { prunePolicy: 'upsert-only' }, {}],
    ['incomplete', {}, { gaps: [{ applicationId: idOf('mp-8'), name: 'mp-8', message: 'broken' }] }],
  ])('names the rule by which it is held: %s', async (rule, settings, read) => {
    const { assign, foresee, sync } = stage(settings);
    assign(many(...Array.from({ length: 10 }, (_, index) => `mp-${index}`)));
    await sync();
    assign({ ...many('mp-0', 'mp-1', 'mp-2'), ...read });
    const foresight = await foresee();
    expect(foresight.changes).toEqual([]);
    expect(new Set(rules(foresight).map(([, found]) => found))).toEqual(new Set([rule]));
  });

  test('that is held of a rename leaves what it creates among the changes', async () => {
    const { assign, foresee, sync } = stage({ prunePolicy: 'upsert-only' });
    assign(many('mp-one', 'mp-two'));
    await sync();
    assign(aLandscape([aSystem('mp-one'), { ...aSystem('mp-two'), name: 'mp-new' }]));
    const { changes, held } = await foresee();
    expect(changes).toMatchObject([{ kind: 'rename', objects: [{ do: 'create', name: 'mp-new' }] }]);
    expect(held).toMatchObject([{ kind: 'rename', objects: [{ do: 'delete', name: 'mp-two' }] }]);
  });
});
