import { describe, expect, it } from 'vitest';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import type { SyncResult } from '../../../agent/sync/sync-facts.ts';
import { linked } from '../../data/builders/connection-facts.ts';
import { Stage } from './stage.ts';

const nothing: SyncResult['applied'] = { create: 0, update: 0, rename: 0, delete: 0, collect: 0 };

/** What a run for a follow-up says of those to come, after a sync that changed this. */
async function afterSync(applied: Partial<SyncResult['applied']>, stage = new Stage()) {
  stage.syncOutcome = () => stage.goodOutcome({ applied: nothing });
  await stage.run(['start']);
  stage.syncOutcome = () => stage.goodOutcome({ applied: { ...nothing, ...applied } });
  return async (triggers = ['follow-up'] as const) => (await stage.run(triggers)).outcome.followUps;
}

describe('follow-ups', () => {
  it.each(['create', 'update', 'rename', 'delete'] as const)('begin after a sync with a %s', async (kind) => {
    expect(await (await afterSync({ [kind]: 1 }))()).toBe('begin');
  });

  it('do not begin after a sync that changed no system', async () => {
    expect(await (await afterSync({ collect: 1 }))()).toBe('keep');
  });

  it('begin after a sync that somebody asked for, also where it changes nothing', async () => {
    const stage = new Stage();
    const run = await afterSync({}, stage);
    stage.store.edit({ annotations: { 'compass.kyma-project.io/sync-requested-at': 'please' } });
    expect(await run()).toBe('begin');
    expect(stage.synced.at(-1)?.trigger).toBe('manual');
  });

  it('begin after a pairing, also where it changes nothing', async () => {
    const stage = new Stage();
    const run = await afterSync({}, stage);
    stage.connection = () => linked({ events: ['paired'] });
    expect(await run()).toBe('begin');
  });

  it('do not begin after a sync that failed', async () => {
    const stage = new Stage();
    const run = await afterSync({}, stage);
    const error = new AgentError('CompassUnreachable', 'UCL is down', { next: 'retry' });
    stage.syncOutcome = () => ({ reached: 'nothing', error });
    expect(await run()).toBe('keep');
  });

  it('end with a suspension, and do not read UCL in it', async () => {
    const stage = new Stage();
    const run = await afterSync({ update: 1 }, stage);
    stage.store.edit({ spec: { suspend: true } });
    expect(await run()).toBe('end');
    expect(stage.synced).toHaveLength(1);
  });

  it('name themselves as the trigger of their sync', async () => {
    const stage = new Stage();
    await (await afterSync({}, stage))();
    expect(stage.synced.at(-1)?.trigger).toBe('follow-up');
    expect(stage.store.status?.lastSyncTrigger).toBe('follow-up');
  });
});
