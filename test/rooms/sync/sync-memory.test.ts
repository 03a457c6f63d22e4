import { describe, expect, it } from 'vitest';
import type { SystemFailure } from '../../../agent/domain/connection-status.ts';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import type { SyncResult } from '../../../agent/sync/sync-facts.ts';
import {
  countSystems,
  emptySyncMemory,
  forgetLandscape,
  rememberDrift,
  rememberSync,
} from '../../../agent/sync/sync-memory.ts';
import { goodSync } from '../../data/builders/a-report.ts';
import { aLandscape, aSystem } from '../../data/builders/landscape.ts';

const at = new Date('2026-11-22T12:00:00Z');
const aFailure = (applicationId: string, reason = 'Refused'): SystemFailure => ({
  ...{ applicationId, name: `mp-${applicationId}`, reason, message: 'm' },
});
const result: SyncResult = {
  ...{ desired: 2, failures: [], remarks: [], gaps: 0, changes: [], applications: () => [], terminating: [] },
  applied: { create: 0, update: 0, rename: 0, delete: 0, collect: 0 },
  ...{ leftBehind: [], removed: [], leaving: [], rivalries: new Map(), refusals: new Map(), nextWriteAt: undefined },
};
const landscape = aLandscape([aSystem('mp-a', { id: 'a' }), aSystem('mp-b', { id: 'b' })]);

describe('what is remembered of a sync', () => {
  it('holds no failure and no remark where none came to its end yet', () => {
    const error = new AgentError('CompassUnreachable', 'Director timed out', { next: 'retry' });
    const outcome = { reached: 'nothing', error } as const;
    expect(rememberSync(emptySyncMemory, { attemptedAt: at, trigger: 'schedule', outcome }).last).toMatchObject({
      failures: [],
      remarks: [],
      held: [],
      terminating: [],
      gaps: 0,
      error: { during: 'read', error },
    });
  });

  it('keeps the very landscape that was read whole, and a system that could not be read as it was known', () => {
    const remember = (read: typeof landscape) => {
      const error = new AgentError('ClusterUnreachable', 'No cluster', { next: 'retry' });
      const outcome = { reached: 'read', landscape: read, fetchedAt: at, error } as const;
      const facts = { attemptedAt: at, trigger: 'schedule', outcome };
      return rememberSync({ ...emptySyncMemory, landscape }, facts).landscape;
    };
    expect(remember(landscape)).toBe(landscape);
    const gaps = [{ applicationId: 'b', name: 'mp-b', message: 'm' }];
    const partial = aLandscape([aSystem('mp-a', { id: 'a', description: 'new' })], { gaps });
    expect(remember(partial)?.applications.map(({ id, description }) => [id, description])).toEqual([
      ['a', 'new'],
      ['b', 'mp-b description'],
    ]);
  });

  it('holds what a read has no longer, also where it could not be applied: what is back begins anew when it goes', () => {
    const error = new AgentError('ClusterUnreachable', 'No cluster', { next: 'retry' });
    const gaps = [{ applicationId: 'b', name: 'mp-b', message: 'm' }];
    const read = aLandscape([aSystem('mp-a', { id: 'a' })], { gaps });
    const keys = ['a/mp-a', 'a/former/mp-old', 'b/mp-b', 'c/mp-c'];
    const stored = { id: 'one', keys, since: at, until: at };
    const prune = {
      holds: [{ ...stored, endsAt: 0, confirmedAt: undefined }],
      earlier: [stored, { ...stored, keys: ['a/mp-a'] }],
      removals: [],
    };
    const outcome = { reached: 'read', landscape: read, fetchedAt: at, error } as const;
    const kept = rememberSync({ ...emptySyncMemory, prune }, { attemptedAt: at, trigger: 'schedule', outcome }).prune;
    expect(kept.holds.map((hold) => hold.keys)).toEqual([['a/former/mp-old', 'c/mp-c']]);
    expect(kept.earlier.map((hold) => hold.keys)).toEqual([['a/former/mp-old', 'c/mp-c']]);
  });

  it('counts each system that failed once, and no fewer than none that are ready', () => {
    expect(countSystems({ desired: 3, failures: [aFailure('a'), aFailure('a', 'Other'), aFailure('b')] })).toEqual({
      ...{ desired: 3, failed: 2, ready: 1 },
    });
    expect(countSystems({ desired: 0, failures: [aFailure('a')] }).ready).toBe(0);
  });

  it('loses the landscape that nobody vouches for, and nothing else', () => {
    const memory = { ...emptySyncMemory, landscape, last: goodSync };
    expect(forgetLandscape(memory)).toEqual({ ...memory, landscape: undefined });
    expect(forgetLandscape(emptySyncMemory)).toBe(emptySyncMemory);
  });
});

describe('what is remembered after drift was mended', () => {
  const drifted = (failures: SystemFailure[], changes: Partial<SyncResult> = {}) => {
    const memory = { ...emptySyncMemory, landscape, last: { ...goodSync, failures } };
    return rememberDrift(memory, { ...result, ...changes }).last;
  };

  it('is nothing before the first sync', () => {
    expect(rememberDrift(emptySyncMemory, result)).toBe(emptySyncMemory);
  });

  it('are no more failures of systems that UCL assigns: they have been tried again', () => {
    expect(drifted([aFailure('a')])).toMatchObject({ failures: [], counts: { desired: 2, ready: 2, failed: 0 } });
  });

  it('are the failures of systems that left, or whose former Application is still there', () => {
    expect(drifted([aFailure('gone'), aFailure('a')])?.failures).toEqual([aFailure('gone')]);
    expect(drifted([aFailure('a'), aFailure('b')], { leftBehind: ['a'] })?.failures).toEqual([aFailure('a')]);
  });

  it('is a failure once, where it was found again', () => {
    const found = { ...aFailure('gone'), message: 'newer' };
    expect(drifted([aFailure('gone'), aFailure('gone', 'Other')], { failures: [found] })?.failures).toEqual([
      found,
      aFailure('gone', 'Other'),
    ]);
  });
});
