import { describe, expect, it } from 'vitest';
import { annotations } from '../../../agent/domain/annotations.ts';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import { linked, notLinked } from '../../data/builders/connection-facts.ts';
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
