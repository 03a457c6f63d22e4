import { describe, expect, it } from 'vitest';
import type { ConnectionStatus, SystemFailure } from '../../../agent/domain/connection-status.ts';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import type { Report } from '../../../agent/status/report.ts';
import { summarize } from '../../../agent/status/summarize.ts';
import { certificate, good, goodSync, now } from '../../data/builders/a-report.ts';

const refused = new AgentError('CompassRefused', 'Director refused the certificate', {
  next: 'wait',
  remedy: 'Wait.',
});
const burnt = new AgentError('TokenRefused', 'The token is spent', {
  next: 'stall',
  remedy: 'A new token is needed.',
});
const aFailure = (name: string): SystemFailure => ({ applicationId: name, name, reason: 'InvalidName', message: 'm' });

const conditionsOf = (report: Report, previous?: ConnectionStatus) =>
  Object.fromEntries((summarize(report, previous, now).conditions ?? []).map(({ type, ...rest }) => [type, rest]));

describe('the status', () => {
  it('is Ready and Synchronized after a good sync, with the legacy fields filled', () => {
    const status = summarize(good, undefined, now);
    expect(status).toMatchObject({
      connectionState: 'Synchronized',
      connectionStatus: {
        established: '2026-11-22T12:00:00Z',
        certificateStatus: { notBefore: '2026-11-01T00:00:00Z', notAfter: '2027-01-30T00:00:00Z' },
      },
      synchronizationStatus: { lastAttempt: '2026-11-22T12:00:00Z', lastSuccessfulApplication: '2026-11-22T12:00:00Z' },
      applications: { summary: '10/10' },
      nextSync: '2026-11-22T12:03:00Z',
    });
    expect(status.connectionStatus).not.toHaveProperty('error');
    const { Ready, Connected, CertificateValid, Synchronized, Stalled, PruneHeld } = conditionsOf(good);
    expect([Ready, Connected, CertificateValid, Synchronized].map((condition) => condition?.status)).toEqual(
      Array(4).fill('True'),
    );
    expect([Stalled, PruneHeld]).toEqual([undefined, undefined]);
  });

  it('stays Ready when systems failed on their own, and says which', () => {
    const failures = Array.from({ length: 25 }, (_, index) => aFailure(`s${index}`));
    const report = { ...good, sync: { ...goodSync, failures, counts: { desired: 50, ready: 25, failed: 25 } } };
    const status = summarize(report, undefined, now);
    expect(status.failures).toHaveLength(20);
    expect(status.failuresTotal).toBe(25);
    expect(status.connectionState).toBe('Synchronized');
    expect(status.synchronizationStatus?.error).toContain('s0 (InvalidName)');
    const { Ready, Synchronized } = conditionsOf(report);
    expect(Ready?.status).toBe('True');
    expect(Synchronized).toMatchObject({ status: 'False', reason: 'ApplicationsFailed' });
    expect(Synchronized?.message).toContain('25 of 50');
  });

  it('says what the cluster refuses where that keeps systems out, since it most likely keeps all out', () => {
    const refused = {
      ...aFailure('s1'),
      reason: 'PermissionMissing',
      message: 'The agent may not update applications.',
    };
    const failures = [aFailure('s0'), refused, { ...refused, name: 's2', message: 'another' }];
    const report = { ...good, sync: { ...goodSync, failures, counts: { desired: 3, ready: 0, failed: 3 } } };
    const told = 's1 (PermissionMissing), s2 (PermissionMissing). The agent may not update applications.';
    expect(conditionsOf(report).Ready?.message.endsWith(told)).toBe(true);
    expect(summarize(report, undefined, now).synchronizationStatus?.error).toContain(told);
  });

  it.each([
    ['read', 'SynchronizationFailed'],
    ['apply', 'ResourceApplicationFailed'],
  ] as const)(
    'stays Ready after a failure during %s until that lasts, keeps the last successes, and says %s',
    (during, state) => {
      const error = new AgentError('CompassUnreachable', 'Director timed out', { next: 'retry' });
      const report = {
        ...good,
        sync: { ...goodSync, fetchedAt: undefined, appliedAt: undefined, error: { during, error } },
      };
      const previous = summarize(good, undefined, new Date('2026-11-22T11:00:00Z'));
      const status = summarize(report, previous, now);
      expect(status.connectionState).toBe(state);
      expect(status.synchronizationStatus).toMatchObject({
        error: 'Director timed out.',
        lastSuccessfulApplication: previous.synchronizationStatus?.lastSuccessfulApplication,
      });
      expect(conditionsOf(report).Ready).toMatchObject({
        status: 'True',
        reason: 'CompassUnreachable',
        message:
          'Director timed out. The Applications stay as they are. The next try is at 2026-11-22T12:03:00Z. If no sync succeeds, Ready turns False at 2026-11-22T12:10:00Z.',
      });
    },
  );

  it('stays Ready when only the labels in UCL could not be set, and says so beside the failed systems', () => {
    const error = new AgentError('CompassUnreachable', 'Director timed out', { next: 'retry' });
    const sync = { ...goodSync, error: { during: 'labels', error } } as const;
    const status = summarize({ ...good, sync: { ...sync, failures: [aFailure('s1')] } }, undefined, now);
    expect(status.connectionState).toBe('MetadataUpdateFailed');
    expect(status.synchronizationStatus?.error).toBe('Director timed out. Failed: s1 (InvalidName).');
    expect(conditionsOf({ ...good, sync }).Ready).toMatchObject({ status: 'True', reason: 'MetadataUpdateFailed' });
    expect(conditionsOf({ ...good, sync }).Synchronized?.message).toContain('Director timed out.');
  });

  it('clears an error once it is over', () => {
    const failing = summarize({ ...good, connectionError: refused }, undefined, now);
    expect(failing.connectionStatus.error).toBe('Director refused the certificate. Wait.');
    expect(summarize(good, failing, now).connectionStatus).not.toHaveProperty('error');
  });

  it('tells a connection that never was from one that was lost', () => {
    const never = {
      ...good,
      certificate: undefined,
      lastSuccessfulCall: undefined,
      lastSuccess: undefined,
      sync: undefined,
      connectionError: burnt,
    };
    expect(summarize(never, undefined, now).connectionState).toBe('ConnectionFailed');
    expect(summarize({ ...good, connectionError: refused }, undefined, now).connectionState).toBe(
      'ConnectionMaintenanceFailed',
    );
    expect(conditionsOf(never).Stalled).toMatchObject({ status: 'True', reason: 'TokenRefused' });
    expect(conditionsOf(never).Ready?.message).toBe('The token is spent. A new token is needed.');
  });

  it('is not Ready with an expired certificate', () => {
    const expired = { ...good, certificate: { ...certificate, notAfter: now } };
    expect(conditionsOf(expired).CertificateValid).toMatchObject({ status: 'False', reason: 'CertificateExpired' });
    expect(conditionsOf(expired).Ready?.status).toBe('False');
  });

  it('moves the transition time only when the status of a condition changes', () => {
    const earlier = summarize(good, undefined, new Date('2026-11-22T11:00:00Z'));
    expect(conditionsOf(good, earlier).Ready?.lastTransitionTime).toBe('2026-11-22T11:00:00Z');
    const lost = conditionsOf({ ...good, connectionError: refused }, earlier);
    expect(lost.Ready?.lastTransitionTime).toBe('2026-11-22T12:00:00Z');
    expect(lost.CertificateValid?.lastTransitionTime).toBe('2026-11-22T11:00:00Z');
  });

  it('names what is held, with the annotation that approves exactly that', () => {
    const actsAt = new Date('2026-11-22T12:10:00Z');
    const first = { id: 'abc123', applicationNames: ['mp-a', 'mp-b'], since: now, actsAt };
    const second = { id: 'def456', applicationNames: ['mp-c'], since: now, actsAt: undefined };
    const report = { ...good, sync: { ...goodSync, held: [first, second] } };
    const { PruneHeld, Ready } = conditionsOf(report);
    expect(PruneHeld?.message).toContain('compass.kyma-project.io/prune-approved: "abc123"');
    expect(PruneHeld?.message).toContain(
      '2 Applications (mp-a, mp-b), as first seen at 2026-11-22T12:00:00Z. The removal is held, in case that is an error: it happens at 2026-11-22T12:10:00Z',
    );
    expect(PruneHeld?.message).toContain(
      '1 Application (mp-c), as first seen at 2026-11-22T12:00:00Z. The removal is held, in case that is an error: it happens when a person approves it',
    );
    expect(Ready).toMatchObject({ status: 'True', reason: 'PruneHeld', message: PruneHeld?.message });
    expect(summarize(report, undefined, now).prune).toEqual({
      heldHash: 'abc123',
      heldCount: 3,
      heldSince: '2026-11-22T12:00:00Z',
      heldUntil: '2026-11-22T12:10:00Z',
    });
  });

  it('says of a small removal that is held what went within the hour', () => {
    const hold = { id: 'abc123', applicationNames: ['mp-a'], since: now, actsAt: undefined };
    const { PruneHeld } = conditionsOf({ ...good, removedLately: 6, sync: { ...goodSync, held: [hold] } });
    expect(PruneHeld?.message).toContain('Within the last hour, 6 Applications were already removed; they count, too.');
    const unknown = conditionsOf({ ...good, isRemovedUnknown: true, sync: { ...goodSync, held: [hold] } }).PruneHeld;
    expect(unknown?.message).toMatch(
      /the note of what was removed within the last hour; until .* each removal is held\.$/,
    );
    const held = [hold, { ...hold, id: 'def456', applicationNames: ['mp-b'] }];
    expect(conditionsOf({ ...good, sync: { ...goodSync, held } }).PruneHeld?.message).toBe(
      ['mp-a', 'mp-b']
        .map(
          (name, index) =>
            `UCL no longer assigns 1 Application (${name}), as first seen at 2026-11-22T12:00:00Z. The removal is held, in case that is an error: it happens when a person approves it. To remove exactly these at once, set the annotation compass.kyma-project.io/prune-approved: "${held[index]?.id}".`,
        )
        .join(' '),
    );
  });

  it('says which finalizer keeps an Application that is being deleted', () => {
    const terminating = [{ name: 'mp-a', finalizers: ['example.com/keep'] }];
    const { Synchronized } = conditionsOf({ ...good, sync: { ...goodSync, terminating } });
    expect(Synchronized?.message).toContain('Application mp-a is being deleted and waits for example.com/keep.');
  });

  it.each([
    [5, '5 Applications (mp-1, mp-2, mp-3, mp-4, mp-5), as first seen'],
    [6, '6 Applications (mp-1, mp-2, mp-3, mp-4, mp-5, ...), as first seen'],
  ])('lists the first five of %i Applications whose removal is held', (count, text) => {
    const applicationNames = Array.from({ length: count }, (_, index) => `mp-${index + 1}`);
    const held = [{ id: 'abc123', applicationNames, since: now, actsAt: undefined }];
    expect(conditionsOf({ ...good, sync: { ...goodSync, held } }).PruneHeld?.message).toContain(text);
  });

  it('stays bounded whatever the messages are', () => {
    const failures = Array.from({ length: 500 }, (_, index) => ({
      ...aFailure(`s${index}`),
      message: 'x'.repeat(10_000),
    }));
    const status = summarize({ ...good, sync: { ...goodSync, failures } }, undefined, now);
    expect(JSON.stringify(status).length).toBeLessThan(32 * 1024);
  });

  it('shows nothing of a name or message that steers a terminal, and keeps room for the other names', () => {
    const failures = [
      {
        applicationId: 'i\u200bd',
        name: `\u001b[2J${'x'.repeat(3_000_000)}`,
        reason: 'Refused',
        message: 'a\u202eb\u009b',
      },
      aFailure('the-second'),
    ];
    const status = summarize({ ...good, sync: { ...goodSync, failures } }, undefined, now);
    expect(status.failures?.[0]).toEqual({
      applicationId: 'i\ufffdd',
      name: ` [2J${'x'.repeat(246)}...`,
      reason: 'Refused',
      message: 'a\ufffdb ',
    });
    expect(status.synchronizationStatus?.error).toContain('the-second (InvalidName)');
  });

  it('says that it is suspended without losing Ready', () => {
    const { Ready, Synchronized } = conditionsOf({ ...good, isSuspended: true });
    expect(Ready).toMatchObject({ status: 'True', reason: 'Suspended' });
    expect(Synchronized).toMatchObject({
      status: 'Unknown',
      reason: 'Suspended',
      message: 'The agent is suspended: it does nothing until somebody resumes it.',
    });
  });

  it('keeps the id of the runtime while that is not known, and takes a new one', () => {
    const previous = summarize(good, undefined, now);
    expect(summarize({ ...good, runtimeId: undefined }, previous, now).runtimeId).toBe('runtime');
    expect(summarize({ ...good, runtimeId: 'another' }, previous, now).runtimeId).toBe('another');
  });

  it('says after a start that there was no sync yet, and keeps what the last one was for', () => {
    const started = { ...good, sync: undefined };
    const previous = summarize(good, undefined, now);
    expect(summarize(started, previous, now).lastSyncTrigger).toBe(goodSync.trigger);
    expect(summarize({ ...good, sync: { ...goodSync, trigger: 'manual' } }, previous, now).lastSyncTrigger).toBe(
      'manual',
    );
    expect(conditionsOf(started).Synchronized).toMatchObject({
      status: 'Unknown',
      reason: 'NotYetSynchronized',
      message: 'No sync has run since the agent started.',
    });
  });

  it('tells why nothing is synchronised before what failed earlier, or is held', () => {
    const error = new AgentError('CompassUnreachable', 'Director timed out', { next: 'retry' });
    const held = [{ id: 'abc123', applicationNames: ['mp-a'], since: now, actsAt: undefined }];
    const report = {
      ...good,
      sync: { ...goodSync, held, failures: [aFailure('s1')], error: { during: 'read', error } },
    } as const;
    expect(summarize(report, undefined, now).synchronizationStatus?.error).toBe('Director timed out.');
    expect(conditionsOf(report).Ready).toMatchObject({ status: 'True', reason: 'CompassUnreachable' });
    expect(summarize(good, undefined, now).synchronizationStatus).not.toHaveProperty('error');
  });

  it('names a missing permission and stays connected', () => {
    const { Connected } = conditionsOf({ ...good, limitations: ['Not allowed to watch applications.'] });
    expect(Connected).toMatchObject({ status: 'True', reason: 'PermissionMissing' });
    expect(Connected?.message).toContain('Not allowed to watch applications.');
  });

  it('names a missing permission beside the failure that it may have led to', () => {
    const connectionError = new AgentError('PermissionMissing', 'Not allowed to get the Secret', { next: 'wait' });
    const { Connected } = conditionsOf({ ...good, connectionError, limitations: ['Not allowed to list secrets.'] });
    expect(Connected).toMatchObject({ status: 'False', reason: 'PermissionMissing' });
    expect(Connected?.message).toBe(
      'Not allowed to get the Secret. The Applications stay as they are. The next try is at 2026-11-22T12:03:00Z. Not allowed to list secrets.',
    );
  });
});
