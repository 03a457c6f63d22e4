import { describe, expect, it } from 'vitest';
import { Stage } from './stage.ts';

/** Runs that take that long, one after the other, and which of them are told as long while they go on. */
async function tellWork(stage: Stage, workMs: number, pausesMs: readonly number[]): Promise<boolean[]> {
  const told: boolean[] = [];
  stage.beforeSync = async () => {
    await stage.time.pass(workMs);
    told.push(stage.condition('Reconciling') !== undefined);
  };
  for (const pauseMs of pausesMs) {
    await stage.time.pass(pauseMs);
    await stage.run();
  }
  return told;
}

describe('work that takes long', () => {
  it('is told once a minute at most, whatever comes of it', async () => {
    const stage = new Stage();
    await stage.run(['start']);
    // They begin 0, 15, 59 and 119 s after the first.
    expect(await tellWork(stage, 10_000, [0, 5_000, 34_000, 50_000])).toEqual([true, false, false, true]);
  });

  it('is told again also where the wall clock was set back meanwhile', async () => {
    const stage = new Stage();
    await stage.run(['start']);
    expect(await tellWork(stage, 10_000, [0])).toEqual([true]);
    stage.time.jump(-3_600_000);
    expect(await tellWork(stage, 10_000, [0])).toEqual([true]);
  });
});
