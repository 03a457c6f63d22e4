import { describe, expect, it } from 'vitest';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import { Stage } from './stage.ts';

const forbidden = new AgentError('PermissionMissing', 'not allowed', { next: 'wait' });

/** A stage on which a sync has ended, and whose next one takes a minute; gives the seconds after which it is told as long. */
async function workLong() {
  const stage = new Stage();
  await stage.run(['start']);
  const told: number[] = [];
  stage.beforeSync = async () => {
    for (let second = 1; second <= 60; second += 1) {
      await stage.time.pass(1_000);
      if (stage.condition('Reconciling') !== undefined) told.push(second);
    }
  };
  return { stage, told };
}

describe('work that takes long', () => {
  it('is told after ten seconds', async () => {
    const { stage, told } = await workLong();
    const { outcome } = await stage.run();
    expect(told[0]).toBe(10);
    expect(outcome.toldAt).toEqual([10_000, 60_000]);
  });

  it('is told later where much was told before it began', async () => {
    const { stage, told } = await workLong();
    const { outcome } = await stage.run(['schedule'], undefined, { tellingAt: stage.time.instant() + 30_000 });
    expect(told[0]).toBe(30);
    expect(outcome.toldAt).toEqual([30_000, 60_000]);
  });

  it('counts as told also where it may not have been', async () => {
    const { stage, told } = await workLong();
    stage.store.failures.set('write-status', forbidden);
    const { outcome } = await stage.run();
    expect(told).toEqual([]);
    expect(outcome.toldAt).toEqual([10_000, 60_000]);
  });
});
