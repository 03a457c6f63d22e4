import { describe, expect, it } from 'vitest';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import type { Report } from '../../../agent/status/report.ts';
import { summarize } from '../../../agent/status/summarize.ts';
import { toNextChange, toStatus } from '../../../agent/status/to-status.ts';
import { certificate, good, goodSync, now } from '../../data/builders/a-report.ts';

const minuteMs = 60_000;
const refreshMs = 5 * minuteMs;
const later = (minutes: number) => new Date(now.getTime() + minutes * minuteMs);

/** What an agent knows after a sync at that moment that changed nothing. */
function syncedAt(at: Date): Report {
  const after = (minutes: number) => new Date(at.getTime() + minutes * minuteMs);
  return {
    ...good,
    lastCall: at,
    lastSuccessfulCall: at,
    lastAnswer: at,
    sync: { ...goodSync, attemptedAt: at, fetchedAt: at, appliedAt: at },
    lastSuccess: at,
    overdueAt: after(10),
    nextSync: after(3),
    staleAfter: after(10),
  };
}
const first = summarize(syncedAt(now), undefined, now);
const at = (report: Report, minutes: number, previous = first) => toStatus(report, previous, later(minutes), refreshMs);

describe('the status that is stored', () => {
  it('stays as it is where a sync moved nothing but times', () => {
    expect(at(syncedAt(later(3)), 3)).toEqual(first);
    expect(at(syncedAt(later(5)), 5)).toEqual(first);
  });

  it('has new times when those that stand there are older than five minutes, or one turn of the schedule', () => {
    const status = at(syncedAt(later(6)), 6);
    expect(status).toMatchObject({
      lastSync: '2026-11-22T12:06:00Z',
      nextSync: '2026-11-22T12:09:00Z',
      staleAfter: '2026-11-22T12:16:00Z',
      connectionStatus: { lastSuccess: '2026-11-22T12:06:00Z' },
      synchronizationStatus: { lastSuccessfulApplication: '2026-11-22T12:06:00Z' },
    });
    expect(toStatus(syncedAt(later(6)), first, later(6), 60 * minuteMs)).toEqual(first);
  });

  it('has new times with every other change', () => {
    const report = syncedAt(later(3));
    const sync = { ...goodSync, ...report.sync, counts: { desired: 11, ready: 11, failed: 0 } };
    expect(at({ ...report, sync }, 3)).toMatchObject({
      lastSync: '2026-11-22T12:03:00Z',
      applications: { desired: 11 },
    });
    expect(at({ ...report, handled: { sync: 'token' } }, 3).lastSync).toBe('2026-11-22T12:03:00Z');
  });

  it('tells of each try while UCL fails, since the next one is another', () => {
    const error = new AgentError('CompassUnreachable', 'Director timed out', { next: 'retry' });
    const failing = (minutes: number, change: Partial<Report>): Report => ({
      ...syncedAt(now),
      nextSync: later(minutes + 3),
      ...change,
    });
    for (const change of [{ sync: { ...goodSync, error: { during: 'read', error } } }, { connectionError: error }]) {
      const one = at(failing(1, change as Partial<Report>), 1);
      const two = at(failing(2, change as Partial<Report>), 2, one);
      expect(two.nextSync).toBe('2026-11-22T12:05:00Z');
      expect(two.conditions?.find(({ type }) => type === 'Ready')?.message).toContain(
        'The next try is at 2026-11-22T12:05:00Z.',
      );
    }
  });

  it('has no next sync once none is planned', () => {
    expect(at({ ...syncedAt(later(3)), nextSync: undefined }, 3)).not.toHaveProperty('nextSync');
  });

  it('is written again before it is too old to be believed, also while nothing is done', () => {
    const resting = (minutes: number) => ({ ...good, isSuspended: true, staleAfter: later(minutes + 10) });
    const suspended = at(resting(0), 0, undefined);
    expect(at(resting(8), 8, suspended)).toEqual(suspended);
    expect(at(resting(9), 9, suspended).staleAfter).toBe('2026-11-22T12:19:00Z');
    const due = toNextChange(resting(0), suspended, now) ?? now;
    expect(toStatus(resting(9), suspended, due, refreshMs).staleAfter).toBe('2026-11-22T12:19:00Z');
  });

  it('takes no time for granted that a clock ahead of this one wrote', () => {
    const ahead = summarize(syncedAt(later(600)), undefined, later(600));
    expect(at(syncedAt(later(1)), 1, ahead).staleAfter).toBe('2026-11-22T12:11:00Z');
    const resting = { ...good, isSuspended: true, sync: undefined };
    const restingAhead = at({ ...resting, staleAfter: later(610) }, 0, undefined);
    expect(at({ ...resting, staleAfter: later(11) }, 1, restingAhead).staleAfter).toBe('2026-11-22T12:11:00Z');
  });

  it('has the times of a sync at once where those that stand there are to come', () => {
    const { connectionState, connectionStatus, synchronizationStatus = null } = first;
    const kept = { connectionState, connectionStatus, synchronizationStatus };
    expect(at(syncedAt(later(-1)), -1, kept).synchronizationStatus?.lastAttempt).toBe('2026-11-22T11:59:00Z');
  });

  it('is compared by the fields of the Go agent where its CRD keeps nothing else', () => {
    const { connectionState, connectionStatus, synchronizationStatus = null } = first;
    const kept = { connectionState, connectionStatus, synchronizationStatus };
    expect(at(syncedAt(later(3)), 3, kept)).toMatchObject(kept);
    expect(at(syncedAt(later(6)), 6, kept).synchronizationStatus?.lastAttempt).toBe('2026-11-22T12:06:00Z');
    const connectionError = new AgentError('CompassRefused', 'Refused', { next: 'wait' });
    const lost = at({ ...syncedAt(later(3)), connectionError }, 3, kept);
    expect(lost.synchronizationStatus?.lastAttempt).toBe('2026-11-22T12:03:00Z');
  });
});

describe('the moment at which a status is another by time alone', () => {
  const next = (report: Report, moment = now) => toNextChange(report, summarize(report, undefined, moment), moment);

  it('is that at which it must be written again', () => {
    expect(next(good)).toEqual(new Date('2026-11-22T12:09:00Z'));
  });

  it.each<[string, Partial<Report>]>([
    ['the end of the certificate', { certificate: { ...certificate, notAfter: later(2) } }],
    ['that the renewal is overdue', { renewalOverdueAt: later(2) }],
    ['that the last success is too old', { overdueAt: later(2) }],
  ])('is %s, where that comes first and has not passed', (_what, change) => {
    expect(next({ ...good, ...change })).toEqual(later(2));
    const passed = { ...good, ...change, staleAfter: later(30) };
    expect(next(passed, later(2))?.getTime()).toBeGreaterThan(later(2).getTime());
  });

  it('never comes where no time is known', () => {
    const unknown = {
      staleAfter: undefined,
      certificate: undefined,
      renewalOverdueAt: undefined,
      overdueAt: undefined,
    };
    expect(next({ ...good, ...unknown })).toBeUndefined();
  });

  it('does not wait for a success while suspended', () => {
    expect(next({ ...good, isSuspended: true, overdueAt: later(2) })).toEqual(new Date('2026-11-22T12:09:00Z'));
  });
});
