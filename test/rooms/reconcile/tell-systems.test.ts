import { describe, expect, it } from 'vitest';
import type { SystemFailure } from '../../../agent/domain/connection-status.ts';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import { idOf } from '../../data/builders/landscape.ts';
import { Stage } from './stage.ts';

const failure: SystemFailure = { applicationId: idOf('mp-one'), name: 'One', reason: 'Refused', message: 'no room' };
const application = { applicationId: idOf('mp-one'), name: 'mp-one', uid: 'uid-1' };

/** A run after each of these outcomes; an error stands for a read that failed. */
async function run(stage: Stage, ...outcomes: (readonly SystemFailure[] | AgentError)[]) {
  for (const outcome of outcomes) {
    stage.syncOutcome = () =>
      outcome instanceof AgentError
        ? { reached: 'nothing', error: outcome }
        : stage.goodOutcome({ failures: outcome, applications: () => [application] });
    await stage.run();
  }
}

const told = (stage: Stage) => stage.systemEvents.map(({ type, reason }) => `${type} ${reason}`);
const logged = (stage: Stage) => stage.log.lines().filter((line) => /A system|A removal|Held/.test(line));

describe('what is told of a system that fails', () => {
  it('is one Event and one line when it begins, changes its reason and ends, however often it is tried', async () => {
    const stage = new Stage();
    const other = { ...failure, reason: 'NameConflict' };
    await run(stage, [failure], [failure], [other], [other], [], []);
    expect(told(stage)).toEqual(['Warning Refused', 'Warning NameConflict', 'Normal SystemRecovered']);
    expect(stage.systemEvents[0]?.application).toMatchObject({ name: 'mp-one', uid: 'uid-1' });
    expect(logged(stage)).toEqual([
      'warn A system fails',
      'warn A system fails for another reason',
      'info A system has recovered',
    ]);
    expect(stage.log.entries.find(({ message }) => message === 'A system fails')?.fields).toEqual(failure);
  });

  it('is nothing while UCL cannot be read: it fails as before', async () => {
    const stage = new Stage();
    const down = new AgentError('CompassUnreachable', 'UCL is down', { next: 'retry' });
    stage.driftResult = { ...stage.driftResult, failures: [failure] };
    await run(stage, [failure], down, [failure]);
    expect(told(stage)).toEqual(['Warning Refused']);
  });

  it('is a line in the log of each process, and no second Event', async () => {
    const stage = new Stage();
    await run(stage, [failure]);
    const next = new Stage();
    next.store.resource = stage.store.resource;
    await run(next, [failure]);
    expect(told(next)).toEqual([]);
    expect(logged(next)).toEqual(['warn A system fails']);
  });
});

describe('what is told of a held removal', () => {
  it('is one Event on each Application, and a line that says how to approve it', async () => {
    const stage = new Stage();
    const since = new Date('2030-01-01T00:00:00Z');
    const hold = { id: 'abc', keys: [`${application.applicationId}/mp-one`], since, until: undefined };
    const memory = { holds: [{ ...hold, endsAt: undefined, confirmedAt: undefined }], earlier: [], removals: [] };
    const held = [{ id: 'abc', applicationNames: ['mp-one'], since, actsAt: undefined }];
    const isHeld = () => stage.goodOutcome({ applications: () => [application] }, { memory, held });
    stage.syncOutcome = isHeld;
    await stage.run();
    await stage.run();
    stage.syncOutcome = () => stage.goodOutcome({ applications: () => [application] });
    await stage.run();
    expect(told(stage)).toEqual(['Warning RemovalHeld', 'Normal RemovalCancelled']);
    expect(logged(stage)).toEqual(['warn A removal is held', 'info Held Applications stay']);
    expect(stage.log.text()).toContain('compass.kyma-project.io/prune-approved');
  });
});
