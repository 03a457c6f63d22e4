import { describe, expect, it } from 'vitest';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import type { Trigger } from '../../../agent/pace/triggers.ts';
import { decideSync, isByItself, isDriftAlone, isNewLink } from '../../../agent/reconcile/decide-sync.ts';
import { type AgentMemory, emptyMemory } from '../../../agent/reconcile/memory.ts';
import type { RunFacts } from '../../../agent/reconcile/run-facts.ts';
import { goodSync, now } from '../../data/builders/a-report.ts';
import { linked } from '../../data/builders/connection-facts.ts';

const hold = { id: 'abc', applicationNames: ['mp-a'], since: now, actsAt: undefined };
/** After a sync that held two removals back. */
const synced: AgentMemory = {
  ...emptyMemory,
  sync: { ...emptyMemory.sync, last: { ...goodSync, held: [hold, { ...hold, id: 'def' }] } },
};
const facts: RunFacts = {
  ...{ at: now, resource: undefined, isInsisted: false, isAnswered: false, problems: [] },
  requests: { asked: {}, isSuspended: false, approvedIds: [] },
};
const asking = (changes: Partial<RunFacts['requests']>): RunFacts => ({
  ...facts,
  requests: { ...facts.requests, ...changes },
});
const down = new AgentError('CompassUnreachable', 'UCL is down', { next: 'retry' });

describe('UCL is read', () => {
  it.each<[string, AgentMemory, RunFacts, Trigger[], string | undefined]>([
    ['nothing is due', synced, facts, ['connection', 'drift'], undefined],
    ['somebody asks for it', synced, asking({ asked: { sync: 'token', renew: 'token' } }), ['schedule'], 'manual'],
    ['somebody asks for a new certificate', synced, asking({ asked: { renew: true } }), ['schedule'], 'renewal'],
    [
      'there is a new connection',
      synced,
      { ...facts, connection: linked({ events: ['paired'] }) },
      ['retry'],
      'connected',
    ],
    ['it is due, among what is not', synced, facts, ['drift', 'retry', 'schedule'], 'retry'],
    ['the connection is back', { ...synced, connectionError: down }, facts, ['connection'], 'connected'],
    ['it was never read', emptyMemory, facts, ['connection'], 'change'],
    ['a suspension is over', { ...synced, isResting: true }, facts, ['connection'], 'change'],
    ['somebody approves what is held', synced, asking({ approvedIds: ['abc'] }), ['connection'], 'change'],
    ['somebody approves what is not held', synced, asking({ approvedIds: ['other'] }), ['connection'], undefined],
  ])('or not, and the reason is known, where %s', (_, memory, run, triggers, reason) => {
    expect(decideSync(memory, run, triggers)).toBe(reason);
  });

  it.each(['start', 'schedule', 'retry', 'follow-up', 'clock'] as const)('with each %s', (trigger) => {
    expect(decideSync(synced, facts, [trigger])).toBe(trigger);
  });

  it('at its own pace while it refuses the certificate', () => {
    const standing = { kind: 'refused', error: down, since: now } as const;
    const memory = { ...synced, connectionError: down, connection: { ...emptyMemory.connection, standing } };
    expect(decideSync(memory, facts, ['connection'])).toBeUndefined();
  });
});

describe('a run is one by itself', () => {
  it.each<[string, boolean, RunFacts, Trigger[]]>([
    ['where all that is due came with time', true, facts, ['schedule', 'retry', 'follow-up', 'probe', 'look']],
    ['unless the agent begins', false, facts, ['start', 'schedule']],
    ['unless the clock was set', false, facts, ['clock']],
    ['unless something changed in the cluster as well', false, facts, ['schedule', 'drift']],
    ['unless the configuration changed', false, facts, ['configuration']],
    ['unless the CompassConnection changed', false, facts, ['connection']],
    ['unless somebody still waits for a request', false, asking({ asked: { sync: 'token' } }), ['retry']],
  ])('%s', (_, expected, run, triggers) => {
    expect(isByItself(run, triggers)).toBe(expected);
  });
});

describe('a connection', () => {
  it.each([['renewed'], ['taken-over'], ['restored']] as const)('that was %s has nothing new to read', (event) => {
    expect(isNewLink({ ...facts, connection: linked({ events: [event] }) })).toBe(false);
  });

  it('is new where anything of it is', () => {
    expect(isNewLink({ ...facts, connection: linked({ events: ['renewed', 'paired'] }) })).toBe(true);
    expect(isNewLink({ ...facts, connection: linked({ events: [] }) })).toBe(false);
    expect(isNewLink(facts)).toBe(false);
  });
});

describe('drift is put back without a look at the connection', () => {
  it('where nothing else is to be done, and a read says what is right', () => {
    expect(isDriftAlone(synced, facts, ['drift'])).toBe(true);
  });

  it.each<[string, AgentMemory, RunFacts, Trigger[]]>([
    ['something else has happened', synced, facts, ['drift', 'schedule']],
    ['somebody asks for something', synced, asking({ asked: { sync: 'token' } }), ['drift']],
    ['a suspension is over', { ...synced, isResting: true }, facts, ['drift']],
    ['nothing was read yet', emptyMemory, facts, ['drift']],
  ])('but not where %s', (_, memory, run, triggers) => {
    expect(isDriftAlone(memory, run, triggers)).toBe(false);
  });
});
