import { describe, expect, it } from 'vitest';
import type { ConnectionStatus } from '../../../agent/domain/connection-status.ts';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import type { Report } from '../../../agent/status/report.ts';
import { summarize } from '../../../agent/status/summarize.ts';
import { certificate, good, goodSync, now } from '../../data/builders/a-report.ts';

const later = (minutes: number) => new Date(now.getTime() + minutes * 60_000);
const at = (report: Report, moment = now, previous?: ConnectionStatus) =>
  Object.fromEntries((summarize(report, previous, moment).conditions ?? []).map(({ type, ...rest }) => [type, rest]));
const readyAt = (report: Report, moment = now) => {
  const { status, reason } = at(report, moment).Ready ?? {};
  return `${status}/${reason}`;
};

const unreachable = new AgentError('CompassUnreachable', 'Director timed out', { next: 'retry' });
const outage: Report = { ...good, sync: { ...goodSync, error: { during: 'read', error: unreachable } } };
const failures = [
  { applicationId: 'one', name: 'mp-one', reason: 'UnservableAddress', message: 'm' },
  { applicationId: 'one', name: 'mp-one', reason: 'EmptyCredential', message: 'm' },
  { applicationId: 'two', name: 'mp-two', reason: 'Refused', message: 'm' },
];
const withFailed = (failed: number, desired: number): Report => ({
  ...good,
  sync: { ...goodSync, failures, counts: { desired, ready: desired - failed, failed } },
});
const renewalError = new AgentError('CompassUnreachable', 'Renewing it failed: Connector timed out', {
  next: 'retry',
  since: new Date('2026-11-22T11:00:00Z'),
  nextTryAt: new Date('2026-11-22T12:05:00Z'),
});

describe('Ready', () => {
  it.each([
    [2, 4, 'True/ApplicationsFailed'],
    [3, 5, 'False/ApplicationsFailed'],
    [9, 9, 'False/ApplicationsFailed'],
  ])('with %i of %i systems failing is %s', (failed, desired, expected) => {
    expect(readyAt(withFailed(failed, desired))).toBe(expected);
  });

  it('follows the share of failing systems that is set', () => {
    expect(readyAt({ ...withFailed(1, 10), maxFailedShare: 0 })).toBe('False/ApplicationsFailed');
    expect(readyAt({ ...withFailed(9, 9), maxFailedShare: 1 })).toBe('True/ApplicationsFailed');
  });

  it('stays True where all that fails is of systems that UCL no longer assigns', () => {
    expect(readyAt(withFailed(2, 0))).toBe('True/ApplicationsFailed');
  });

  it('outlives an outage until the last success is too old, and says until when', () => {
    expect(readyAt(outage)).toBe('True/CompassUnreachable');
    expect(at(outage).Ready?.message).toContain('If no sync succeeds, Ready turns False at 2026-11-22T12:10:00Z.');
    expect(readyAt(outage, later(10))).toBe('False/CompassUnreachable');
    expect(at(outage, later(10)).Ready?.message).toContain('The last successful sync was at 2026-11-22T12:00:00Z.');
    expect(at({ ...outage, overdueAt: undefined }).Ready?.message).toBe(
      'Director timed out. The Applications stay as they are. The next try is at 2026-11-22T12:03:00Z.',
    );
    expect(readyAt({ ...outage, lastSuccess: undefined, overdueAt: undefined })).toBe('False/CompassUnreachable');
  });

  it('is False when no sync comes to its end any more, though none fails', () => {
    expect(readyAt(good, later(9))).toBe('True/Synchronized');
    expect(readyAt(good, later(10))).toBe('False/SyncOverdue');
    expect(at(good, later(10)).Ready?.message).toBe(
      'The last successful sync was at 2026-11-22T12:00:00Z. None has ended since. The log says what the agent does: kubectl logs -n kyma-system -l app=compass-runtime-agent --tail=50.',
    );
  });

  it('asks for no success while suspended', () => {
    const suspended = { ...good, isSuspended: true };
    expect(readyAt(suspended, later(10))).toBe('True/Suspended');
    expect(readyAt({ ...suspended, lastSuccess: undefined })).toBe('True/Suspended');
    expect(at(suspended).Ready?.message).toBe('The agent is suspended: it does nothing until somebody resumes it.');
  });

  it.each([
    ['CompassRefused', 'wait', 'False/CompassRefused'],
    ['RuntimeMismatch', 'wait', 'False/RuntimeMismatch'],
    ['TokenRefused', 'stall', 'False/TokenRefused'],
    ['CompassUnreachable', 'retry', 'True/CompassUnreachable'],
    ['ClusterUnreachable', 'retry', 'True/ClusterUnreachable'],
  ] as const)('without a connection (%s, %s) is %s', (reason, next, expected) => {
    const connectionError = new AgentError(reason, 'No connection', { next });
    expect(readyAt({ ...good, connectionError })).toBe(expected);
    expect(readyAt({ ...good, connectionError, lastSuccess: undefined })).toBe(`False/${reason}`);
  });

  it('names an expired certificate before what came of it', () => {
    const connectionError = new AgentError('TokenRefused', 'The token is spent', { next: 'stall' });
    const expired = { ...good, connectionError, certificate: { ...certificate, notAfter: later(1) } };
    expect(readyAt(expired)).toBe('False/TokenRefused');
    expect(readyAt(expired, later(1))).toBe('False/CertificateExpired');
  });

  it('names a failing renewal, and is False once that has lasted', () => {
    const failing = { ...good, renewalError };
    expect(readyAt(failing)).toBe('True/RenewalFailing');
    expect(at(failing).CertificateValid).toMatchObject({ status: 'True', reason: 'RenewalFailing' });
    expect(at(failing).Ready?.message).toBe(
      'The client certificate is valid until 2027-01-30T00:00:00Z, but could not be renewed so far. Renewing it failed: Connector timed out (since 2026-11-22T11:00:00Z). The next try is at 2026-11-22T12:05:00Z. If it is not renewed, Ready turns False at 2027-01-11T08:00:00Z. At 2027-01-30T00:00:00Z the connection ends, and a new token is needed.',
    );
    const overdue = new Date('2027-01-11T08:00:00Z');
    expect(readyAt({ ...failing, overdueAt: undefined }, overdue)).toBe('False/RenewalOverdue');
    expect(at({ ...good, overdueAt: undefined }, overdue).Ready).toMatchObject({
      status: 'False',
      reason: 'RenewalOverdue',
      message:
        'The client certificate should have been renewed at 2027-01-02T00:00:00Z. The client certificate is valid until 2027-01-30T00:00:00Z; it will be renewed at 2027-01-02T00:00:00Z.',
    });
    expect(at({ ...failing, renewAt: undefined }, overdue).Ready?.message).toMatch(
      /^The client certificate is valid until .* At 2027-01-30T00:00:00Z the connection ends,/,
    );
    expect(at(failing, overdue).CertificateValid?.message).not.toContain('Without a renewal');
    expect(at({ ...failing, connectionError: undefined }).Connected?.reason).toBe('Connected');
  });

  it('names what is most urgent: the outage, then the held removal, then the renewal, then single systems', () => {
    const held = [{ id: 'abc', applicationNames: ['mp-a'], since: now, actsAt: later(10) }];
    const all = { ...withFailed(1, 10), renewalError };
    const sync = { ...goodSync, ...all.sync, held };
    expect(readyAt({ ...all, sync: { ...sync, error: { during: 'read', error: unreachable } } })).toBe(
      'True/CompassUnreachable',
    );
    expect(readyAt({ ...all, sync })).toBe('True/PruneHeld');
    expect(readyAt(all)).toBe('True/RenewalFailing');
    expect(readyAt({ ...all, renewalError: undefined })).toBe('True/ApplicationsFailed');
  });
});

describe('CertificateValid', () => {
  it('says until when, and from when on it is renewed', () => {
    expect(at(good).CertificateValid).toMatchObject({
      status: 'True',
      message:
        'The client certificate is valid until 2027-01-30T00:00:00Z; it will be renewed at 2027-01-02T00:00:00Z.',
    });
    expect(at({ ...good, renewAt: undefined }).CertificateValid?.message).toBe(
      'The client certificate is valid until 2027-01-30T00:00:00Z.',
    );
  });

  it('is False, and Ready with it, where there is none, or its key is another', () => {
    const missing = at({ ...good, certificate: undefined });
    expect(missing.CertificateValid).toMatchObject({
      status: 'False',
      reason: 'CertificateMissing',
      message: 'There is no client certificate yet.',
    });
    expect(missing.Ready).toMatchObject({ status: 'False', reason: 'CertificateMissing' });
    const mismatch = at({ ...good, certificate: { ...certificate, keyMatches: false } });
    expect(mismatch.CertificateValid).toMatchObject({
      status: 'False',
      reason: 'KeyMismatch',
      message: 'The stored key does not belong to the certificate.',
    });
    expect(mismatch.Ready).toMatchObject({ status: 'False', reason: 'KeyMismatch' });
  });

  it('asks for a look at the clock where UCL still takes an expired one', () => {
    const expired = { ...good, certificate: { ...certificate, notAfter: now } };
    expect(at(expired).CertificateValid?.message).toBe(
      'The client certificate expired at 2026-11-22T12:00:00Z by the clock of the cluster, but UCL has not refused it so far. Check that clock. If it is right, put a new token into the configuration Secret; the agent notices it at once. The Applications stay as they are.',
    );
    const connectionError = new AgentError('CompassRefused', 'Refused', { next: 'wait' });
    expect(at({ ...expired, connectionError }).CertificateValid?.message).toBe(
      'The client certificate expired at 2026-11-22T12:00:00Z. To pair again, put a new token into the configuration Secret; the agent notices it at once. The Applications stay as they are.',
    );
  });
});

describe('Connected', () => {
  it('speaks of the last answer of UCL', () => {
    expect(at(good).Connected).toMatchObject({
      status: 'True',
      message: 'Connected with UCL as runtime runtime; UCL last answered at 2026-11-22T12:00:00Z.',
    });
    expect(at({ ...good, lastAnswer: undefined }).Connected?.message).toBe('Connected with UCL as runtime runtime.');
    expect(at(outage).Connected).toMatchObject({ status: 'False', reason: 'CompassUnreachable' });
    expect(at({ ...outage, isSuspended: true }).Connected?.status).toBe('True');
  });

  it('is not lost where UCL answers, and only not as wanted', () => {
    const tooLarge = new AgentError('AnswerTooLarge', 'Too large', { next: 'wait' });
    const report: Report = { ...good, sync: { ...goodSync, error: { during: 'read', error: tooLarge } } };
    expect(at(report).Connected?.status).toBe('True');
    expect(readyAt(report)).toBe('True/AnswerTooLarge');
  });

  it('says since when it is lost over restarts and other texts of the same trouble', () => {
    const lost = (since: Date): Report => ({
      ...good,
      connectionError: new AgentError('CompassRefused', 'Refused', { next: 'wait', since }),
    });
    const first = summarize(lost(now), undefined, now);
    expect(at(lost(later(60)), later(60), first).Connected?.message).toContain('(since 2026-11-22T12:00:00Z)');
    expect(at(lost(later(60)), later(60), summarize(good, undefined, now)).Connected?.message).toContain(
      '(since 2026-11-22T13:00:00Z)',
    );
    expect(at(lost(now), later(60), summarize(lost(later(30)), undefined, later(30))).Connected?.message).toContain(
      '(since 2026-11-22T12:00:00Z)',
    );
  });

  it('says once when the next try is, where the failure has a time of its own', () => {
    const nextTryAt = later(1);
    const connectionError = new AgentError('CompassUnreachable', 'Director timed out', { next: 'retry', nextTryAt });
    expect(at({ ...good, connectionError }).Connected?.message).toBe(
      'Director timed out. The next try is at 2026-11-22T12:01:00Z. The Applications stay as they are.',
    );
  });

  it('says beside a good answer what is amiss', () => {
    const maintenance = [new AgentError('CompassUnreachable', 'The CA Secret could not be read', { next: 'retry' })];
    expect(at({ ...good, maintenance, limitations: ['Not allowed to list secrets.'] }).Connected).toMatchObject({
      status: 'True',
      reason: 'CompassUnreachable',
      message:
        'Connected with UCL as runtime runtime; UCL last answered at 2026-11-22T12:00:00Z. The CA Secret could not be read. Not allowed to list secrets.',
    });
  });
});

describe('other facts of the status', () => {
  it('are that a sync takes long', () => {
    expect(at(good).Reconciling).toBeUndefined();
    expect(at({ ...good, workingSince: now }).Reconciling).toMatchObject({
      status: 'True',
      reason: 'Synchronizing',
      message:
        'A sync that began at 2026-11-22T12:00:00Z is under way. The rest of this status is that of the sync before.',
    });
  });

  it('count a system once, however many of its parts fail', () => {
    const status = summarize(withFailed(2, 10), undefined, now);
    expect([status.failuresTotal, status.failures?.length]).toEqual([2, 3]);
    expect(at(withFailed(2, 10)).Synchronized?.message).toContain(
      'Failed: mp-one (UnservableAddress, EmptyCredential), mp-two (Refused).',
    );
  });

  it('stand in the fields of the Go agent too, where its CRD keeps nothing else', () => {
    const held = [{ id: 'abc', applicationNames: ['mp-a'], since: now, actsAt: undefined }];
    const status = summarize({ ...good, renewalError, sync: { ...goodSync, held } }, undefined, now);
    expect(status.synchronizationStatus?.error).toContain('UCL no longer assigns 1 Application (mp-a)');
    expect(status.connectionStatus.error).toContain('Renewing it failed: Connector timed out');
  });
});
