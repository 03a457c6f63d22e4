import { describe, expect, it } from 'vitest';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import { Stage } from './stage.ts';

async function started(): Promise<Stage> {
  const stage = new Stage();
  await stage.run(['start']);
  stage.store.calls.length = 0;
  return stage;
}

describe('a probe', () => {
  it('that finds nothing new reads nothing more and writes nothing, not even the status', async () => {
    const stage = await started();
    const { outcome } = await stage.run(['probe']);
    expect(stage.probes).toBe(1);
    expect(stage.synced).toHaveLength(1);
    expect(stage.store.calls).toEqual(['read']);
    expect(outcome).toMatchObject({ failure: undefined, hasSynced: false, isKept: false, followUps: 'keep' });
  });

  it('leads to a full read where the names differ from what is known', async () => {
    const stage = await started();
    stage.probeOutcome = () => true;
    const { outcome } = await stage.run(['probe']);
    expect(stage.synced).toMatchObject([{}, { trigger: 'probe' }]);
    expect(outcome).toMatchObject({ hasSynced: true });
    expect(stage.store.status?.lastSyncTrigger).toBe('probe');
  });

  it('that fails is told in the log, and is no failure of the agent', async () => {
    const stage = await started();
    stage.probeOutcome = () => {
      throw new AgentError('CompassUnreachable', 'UCL is down', { next: 'retry' });
    };
    const { outcome } = await stage.run(['probe']);
    expect(outcome.failure).toBeUndefined();
    expect(stage.store.calls).toEqual(['read']);
    expect(stage.log.lines().join()).toContain('UCL is down');
  });

  it('is not made where UCL is read anyway, nor while suspended', async () => {
    const stage = await started();
    await stage.run(['schedule', 'probe']);
    expect(stage.synced).toHaveLength(2);
    stage.store.edit({ spec: { suspend: true } });
    await stage.run(['probe']);
    expect(stage.probes).toBe(0);
  });
});
