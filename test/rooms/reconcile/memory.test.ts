import { describe, expect, it } from 'vitest';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import { type AgentMemory, emptyMemory, remember } from '../../../agent/reconcile/memory.ts';
import type { RunFacts } from '../../../agent/reconcile/run-facts.ts';
import { aLink, linked, notLinked } from '../../data/builders/connection-facts.ts';
import { aConnection } from '../../data/builders/kubernetes-objects.ts';
import { aLandscape, aSystem } from '../../data/builders/landscape.ts';

const at = new Date('2026-11-22T12:00:00Z');
const facts: RunFacts = {
  at,
  resource: undefined,
  requests: { isSuspended: false, asked: {}, approvedIds: [] },
  isInsisted: false,
  isAnswered: false,
  problems: [],
};
const landscape = aLandscape([aSystem('mp-one')]);
const begun = { ...emptyMemory, isRecalled: true };

describe('the memory of the agent', () => {
  it('keeps what was read of UCL for as long as the runtime is the same', () => {
    const read = { ...begun, runtimeId: 'runtime', sync: { ...begun.sync, landscape } };
    expect(remember(read, { ...facts, connection: linked() }).sync.landscape).toBe(landscape);
    const unlinked = notLinked(new AgentError('CompassUnreachable', 'Connector timed out', { next: 'retry' }));
    expect(remember(read, { ...facts, connection: unlinked }).sync.landscape).toBe(landscape);
    const { identity } = aLink();
    const other = linked({ link: aLink({ identity: { ...identity, runtimeId: 'other' } }) });
    expect(remember(read, { ...facts, connection: other })).toMatchObject({
      runtimeId: 'other',
      sync: { landscape: undefined },
    });
  });

  it('has the memory of pairing read again once another CompassConnection stands there, and not before', () => {
    const state = { at: 'unpaired', present: undefined } as const;
    const pairing = { state, renewals: [], version: '7' };
    const read = { ...begun, connection: { ...begun.connection, pairing } };
    const seen = (uid: string, memory: AgentMemory) =>
      remember(memory, { ...facts, resource: aConnection({ metadata: { uid } }) });
    const versionIn = ({ connection }: AgentMemory) => connection.pairing?.version;
    const first = seen('one', read);
    const gone = remember(seen('one', first), facts);
    expect([first, gone].map(versionIn)).toEqual(['7', '7']);
    const restored = seen('two', gone);
    expect(restored.connection.pairing).toEqual({ ...pairing, version: undefined });
    const reread = { ...facts, resource: aConnection({ metadata: { uid: 'two' } }), connection: linked({ pairing }) };
    expect(versionIn(remember(gone, reread))).toBe('7');
    expect(versionIn(seen('two', remember(gone, reread)))).toBe('7');
  });

  it.each([
    ['2026-11-22T12:00:00Z', undefined],
    ['2026-11-22T12:00:01Z', true],
    [undefined, undefined],
  ])(
    'takes a hold for one of a backup where the CompassConnection is younger: created at %s',
    (created, isFromBackup) => {
      const hold = { id: 'a', since: at.toISOString(), keys: ['1/mp-a'] };
      const note = JSON.stringify({ holds: [hold], removals: [] });
      const metadata = {
        annotations: { 'compass.kyma-project.io/prune-memory': note },
        ...(created !== undefined && { creationTimestamp: created }),
      };
      const { earlier } = remember(emptyMemory, { ...facts, resource: aConnection({ metadata }) }).sync.prune;
      expect(earlier).toMatchObject([{ id: 'a', since: at }]);
      expect(earlier[0]?.isFromBackup).toBe(isFromBackup);
    },
  );

  it('says to the guard of removals that this installation is new, until the guard has looked', () => {
    const first = remember(emptyMemory, { ...facts, connection: linked({ isFirstPairing: true }) });
    expect(first.sync.prune).toMatchObject({ isNoteLost: true, isNew: true });
    expect(remember(first, { ...facts, connection: linked() }).sync.prune).toEqual(first.sync.prune);
  });

  it('holds the last fifty Events that found no CompassConnection, without those that were told', () => {
    const events = Array.from({ length: 60 }, (_, index) => ({
      type: 'Normal' as const,
      reason: 'Paired',
      message: `Event ${index}`,
    }));
    const memory = { ...begun, untoldEvents: events };
    expect(remember(memory, facts).untoldEvents).toEqual(events.slice(10));
    const told = { conditions: [], isNew: true, changesAt: undefined, events: 58, isAnswer: false };
    expect(remember(memory, { ...facts, told }).untoldEvents).toEqual(events.slice(58));
  });

  it('names a refusal as why there is no connection, with when it began, what to do and how long to wait', () => {
    const error = new AgentError('CompassRefused', 'The Director refuses the certificate', {
      next: 'wait',
      remedy: 'Give a new token.',
      retryAfterMs: 5_000,
    });
    const connection = linked({ proof: { answer: { kind: 'refused', error }, at } });
    expect(remember(begun, { ...facts, connection }).connectionError).toMatchObject({
      reason: 'CompassRefused',
      message: 'The Director refuses the certificate',
      next: 'wait',
      remedy: 'Give a new token.',
      retryAfterMs: 5_000,
      since: at,
    });
  });

  it('names a refusal as that also while nobody answers, and any other failure rather than it', () => {
    const error = new AgentError('CompassRefused', 'The Director refuses the certificate', { next: 'wait' });
    const refused = remember(begun, {
      ...facts,
      connection: linked({ proof: { answer: { kind: 'refused', error }, at } }),
    });
    const shown = (reason: 'CompassUnreachable' | 'PermissionMissing') => {
      const connection = notLinked(new AgentError(reason, 'no', { next: 'retry' }));
      return remember(refused, { ...facts, connection }).connectionError?.reason;
    };
    expect(shown('CompassUnreachable')).toBe('CompassRefused');
    expect(shown('PermissionMissing')).toBe('PermissionMissing');
  });
});
