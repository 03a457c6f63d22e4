import { describe, expect, it } from 'vitest';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import { notLinked } from '../../data/builders/connection-facts.ts';
import { result, Stage } from './stage.ts';

const aFailure = { applicationId: 'a', name: 'one', reason: 'Refused', message: 'no' } as const;
const refused = new AgentError('CompassRefused', 'UCL refused', { next: 'wait' });
const down = new AgentError('CompassUnreachable', 'UCL is down', { next: 'retry' });
const forbidden = new AgentError('PermissionMissing', 'not allowed', { next: 'wait' });

describe('drift', () => {
  it('is mended and told later where much was told, unless something else is to be told', async () => {
    const stage = new Stage();
    await stage.run(['start']);
    stage.driftResult = { ...stage.driftResult, failures: [aFailure] };
    const kept = await stage.run(['drift'], undefined, { isHushed: true });
    expect(kept.outcome).toMatchObject({ isKept: true, writtenAt: [] });
    expect(stage.condition('Synchronized')?.status).toBe('True');
    const told = await stage.run(['look']);
    expect(told.outcome).toMatchObject({ isKept: false, writtenAt: [expect.any(Number)] });
    expect(stage.condition('Synchronized')?.status).toBe('False');
    stage.driftResult = { ...stage.driftResult, applied: { ...stage.driftResult.applied, delete: 1 } };
    expect((await stage.run(['drift'], undefined, { isHushed: true })).outcome).toMatchObject({ isKept: false });
    expect(stage.events.at(-1)).toMatchObject({ message: 'Applications: removed 1.' });
    stage.connection = () => notLinked(refused);
    expect((await stage.run(['look'], undefined, { isHushed: true })).outcome).toMatchObject({ isKept: false });
  });

  it('tells of an Application that is gone at last, and not of what it puts back', async () => {
    const stage = new Stage();
    await stage.run(['start']);
    stage.driftResult = { ...result, applied: { create: 2, update: 1, rename: 0, delete: 1, collect: 0 } };
    await stage.run(['drift']);
    expect(stage.events.at(-1)?.message).toBe('Applications: removed 1.');
  });

  it('is mended without a look at the connection, which has a pace of its own', async () => {
    const stage = new Stage();
    await stage.run(['start']);
    stage.connection = () => notLinked(down);
    await stage.run(['schedule']);
    const [asked, drifts] = [stage.asked.length, stage.drifts];
    for (let run = 0; run < 30; run += 1) await stage.run(['drift']);
    expect(stage.drifts).toBe(drifts + 30);
    expect(stage.asked).toHaveLength(asked);
    expect(stage.condition('Connected')?.reason).toBe('CompassUnreachable');
  });

  it('is mended from the last read also where it came with a sync that cannot read UCL, or finds no connection', async () => {
    const stage = new Stage();
    await stage.run(['start']);
    stage.syncOutcome = () => ({ reached: 'nothing', error: down });
    stage.driftResult = { ...stage.driftResult, nextWriteAt: 99_000 };
    expect((await stage.run(['drift', 'schedule'])).outcome).toMatchObject({ failure: down, nextMend: 99_000 });
    stage.connection = () => notLinked(down);
    expect((await stage.run(['drift', 'retry'])).outcome).toMatchObject({ failure: down, nextMend: 99_000 });
    expect(stage.drifts).toBe(2);
    expect(stage.condition('Synchronized')?.status).toBe('False');
  });

  it('is mended with the next try where the cluster could not be read, and UCL cannot be then', async () => {
    const stage = new Stage();
    await stage.run(['start']);
    const { mendDrift } = stage;
    stage.mendDrift = () => Promise.reject(forbidden);
    expect((await stage.run(['drift'])).outcome.failure).toBe(forbidden);
    stage.syncOutcome = () => ({ reached: 'nothing', error: down });
    expect((await stage.run(['retry'])).outcome.failure).toBe(down);
    expect(stage.log.lines()).toContainEqual(expect.stringMatching(/^warn .*not allowed/));
    stage.mendDrift = mendDrift;
    await stage.run(['retry']);
    expect(stage.drifts).toBe(1);
  });
});
