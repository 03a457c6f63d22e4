import { describe, expect, it } from 'vitest';
import { annotations } from '../../../agent/domain/annotations.ts';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import { linked, notLinked } from '../../data/builders/connection-facts.ts';
import { aConnection } from '../../data/builders/kubernetes-objects.ts';
import { Stage } from './stage.ts';

const down = new AgentError('CompassUnreachable', 'UCL is down', { next: 'retry' });

describe('a CompassConnection that somebody deleted', () => {
  it.each([
    ['with a link', () => linked()],
    ['without one', () => notLinked(down)],
  ])('is made anew %s, with what the guard of removals had noted in it', async (_, connection) => {
    const stage = new Stage();
    const removals = [{ at: stage.time.now(), instant: stage.time.instant(), count: 3 }];
    stage.syncOutcome = () => stage.goodOutcome({}, { memory: { holds: [], earlier: [], removals } });
    await stage.run(['start']);
    stage.store.resource = undefined;
    stage.connection = connection;
    stage.syncOutcome = () => ({ reached: 'nothing', error: down });
    await stage.run(['connection']);
    const { metadata } = (await stage.store.read()) ?? {};
    const note = metadata?.annotations?.[annotations.pruneMemory];
    expect(JSON.parse(note ?? '{}')).toMatchObject({ removals: [{ count: 3 }] });
  });

  it('is made anew by a life that never read it with a word that the note is lost, unless it was never paired before', async () => {
    const noteAfter = async (connection: Stage['connection']) => {
      const stage = new Stage();
      stage.connection = connection;
      await stage.run(['start']);
      const { metadata } = (await stage.store.read()) ?? {};
      return JSON.parse(metadata?.annotations?.[annotations.pruneMemory] ?? '{}');
    };
    expect(await noteAfter(() => notLinked(down))).toMatchObject({ isLost: true });
    expect(await noteAfter(() => linked())).toMatchObject({ isLost: true });
    // A new token pairs it again.
    expect(await noteAfter(() => linked({ events: ['paired'] }))).toMatchObject({ isLost: true });
    expect(await noteAfter(() => linked({ events: ['paired'], isFirstPairing: true }))).toEqual({});
  });
});

describe('a CompassConnection that somebody replaced or edited', () => {
  const removals = [{ at: new Date('2026-11-22T11:30:00Z'), instant: 5, count: 3 }];
  const noted = { holds: [], earlier: [], removals };
  const notedStage = async () => {
    const stage = new Stage();
    stage.syncOutcome = () => stage.goodOutcome({}, { memory: noted });
    await stage.run(['start']);
    const note = '{"holds":[],"removals":[{"at":"2026-11-22T11:30:00.000Z","count":3}]}';
    stage.store.edit({ annotations: { [annotations.pruneMemory]: note } });
    stage.keptPrune.length = 0;
    return stage;
  };

  it.each([
    ['no note', {}],
    ['an older note', { [annotations.pruneMemory]: '{"holds":[],"removals":[]}' }],
  ])('holds what the guard had noted again with the next run, whatever that is for: %s', async (_, left) => {
    for (const trigger of ['drift', 'connection'] as const) {
      const stage = await notedStage();
      stage.store.resource = aConnection({ metadata: { annotations: left } });
      stage.syncOutcome = () => ({ reached: 'nothing', error: down });
      await stage.run([trigger]);
      expect(stage.keptPrune).toEqual([noted]);
    }
  });

  it('is left alone where the note stands there, and by a life that has not read it', async () => {
    const stage = await notedStage();
    await stage.run(['drift']);
    expect(stage.keptPrune).toEqual([]);
    const next = new Stage();
    next.store.resource = stage.store.resource;
    next.syncOutcome = () => ({ reached: 'nothing', error: down });
    await next.run(['start']);
    await next.run(['drift']);
    expect(next.keptPrune).toEqual([]);
  });

  it('is synchronised also while that cannot be written, and says so once', async () => {
    const stage = await notedStage();
    stage.store.resource = aConnection();
    const forbidden = new AgentError('PermissionMissing', 'not allowed', { next: 'wait' });
    stage.observe = (doers) => ({ ...doers, keepPrune: () => Promise.reject(forbidden) });
    await stage.run(['schedule']);
    expect(stage.condition('Connected')).toMatchObject({ reason: 'PermissionMissing' });
    expect(stage.condition('Connected')?.message.match(/not allowed/g)).toHaveLength(1);
  });
});
