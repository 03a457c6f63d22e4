import { describe, expect, it } from 'vitest';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import { linked } from '../../data/builders/connection-facts.ts';
import { Stage } from './stage.ts';

const down = new AgentError('CompassUnreachable', 'UCL is down', { next: 'retry' });

/** A stage on which a sync has gone well, and fails from now on. */
async function startFailing(): Promise<Stage> {
  const stage = new Stage();
  await stage.run(['start']);
  stage.syncOutcome = () => ({ reached: 'nothing', error: down });
  return stage;
}

describe('a status that may not be written any more within this minute', () => {
  it.each([['retry'], ['schedule'], ['drift']] as const)('is told later, after a run by %s', async (trigger) => {
    const stage = await startFailing();
    const kept = await stage.run(['follow-up', trigger], undefined, { writesLeft: 0 });
    expect(kept.outcome).toMatchObject({ failure: down, isKept: true, writtenAt: [] });
    expect(stage.condition('Synchronized')?.status).toBe('True');
    const told = await stage.run(['look']);
    expect(told.outcome).toMatchObject({ isKept: false, writtenAt: [stage.time.instant()] });
    expect(stage.condition('Connected')?.reason).toBe('CompassUnreachable');
  });

  it.each([['connection'], ['configuration'], ['clock'], ['start']] as const)(
    'is written all the same in a run by %s, which somebody waits for',
    async (trigger) => {
      const stage = await startFailing();
      stage.store.edit({ annotations: { 'compass.kyma-project.io/sync-requested-at': 'now' } });
      const { outcome } = await stage.run([trigger], undefined, { writesLeft: 0 });
      expect(outcome).toMatchObject({ isKept: false, writtenAt: [stage.time.instant()] });
    },
  );

  it('is written where a person asks while another run is due', async () => {
    const stage = await startFailing();
    stage.store.edit({ annotations: { 'compass.kyma-project.io/sync-requested-at': 'now' } });
    await stage.run(['schedule'], undefined, { writesLeft: 0 });
    expect(stage.store.status?.lastHandledSyncRequest).toBe('now');
  });

  it.each([
    [1, [undefined, undefined], 1],
    [2, ['True', undefined], 2],
    // The second is the same as the first, so that nothing is written.
    [3, ['True', 'True'], 2],
  ])('leaves out what goes on first: %i', async (writesLeft, working, written) => {
    const stage = new Stage();
    await stage.run(['start']);
    stage.connection = () => linked({ events: ['paired'] });
    const seen: (string | undefined)[] = [];
    stage.beforeSync = async () => {
      seen.push(stage.condition('Reconciling')?.status);
      const { length } = stage.store.calls.filter((call) => call === 'write-status');
      await stage.time.pass(10_000);
      const later = stage.store.calls.filter((call) => call === 'write-status').length;
      seen.push(later > length ? 'True' : undefined);
    };
    const { outcome } = await stage.run(['retry'], undefined, { writesLeft });
    expect(seen).toEqual(working);
    expect(stage.condition('Reconciling')).toBeUndefined();
    expect(outcome.writtenAt).toHaveLength(written);
  });

  it('counts what was written while long work went on', async () => {
    const stage = new Stage();
    await stage.run(['start']);
    stage.beforeSync = () => stage.time.pass(10_000);
    const { outcome } = await stage.run(['retry'], undefined, { writesLeft: 2 });
    expect(outcome.writtenAt).toHaveLength(2);
  });
});
