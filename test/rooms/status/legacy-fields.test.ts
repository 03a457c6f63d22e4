import { describe, expect, it } from 'vitest';
import type { ConnectionStatus } from '../../../agent/domain/connection-status.ts';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import { toLegacyFields } from '../../../agent/status/legacy-fields.ts';
import type { Report } from '../../../agent/status/report.ts';
import { certificate, good, goodSync, now } from '../../data/builders/a-report.ts';

const at = (minutes: number) => new Date(Date.UTC(2026, 10, 22, 12, minutes));
const shown = (minutes: number) => at(minutes).toISOString().replace('.000Z', 'Z');
const anError = (message: string) => new AgentError('CompassUnreachable', message, { next: 'retry' });

/** An agent that has just started. */
const started: Report = {
  ...good,
  ...{ certificate: undefined, sync: undefined, established: undefined, renewed: undefined, acquired: undefined },
  ...{ lastCall: undefined, lastSuccessfulCall: undefined, lastAnswer: undefined, lastSuccess: undefined },
};
const sync = { ...goodSync, attemptedAt: at(6), fetchedAt: at(7), appliedAt: at(8) };
const busy: Report = {
  ...{ ...good, certificate, sync, established: at(1), renewed: at(2), lastCall: at(3), lastSuccessfulCall: at(4) },
  acquired: at(5),
};
const busyFields: ConnectionStatus = {
  connectionState: 'Synchronized',
  connectionStatus: {
    ...{ established: shown(1), renewed: shown(2), lastSync: shown(3), lastSuccess: shown(4) },
    certificateStatus: {
      acquired: shown(5),
      notBefore: '2026-11-01T00:00:00Z',
      notAfter: '2027-01-30T00:00:00Z',
    },
  },
  synchronizationStatus: {
    ...{ lastAttempt: shown(6), lastSuccessfulFetch: shown(7), lastSuccessfulApplication: shown(8) },
  },
};

describe('the times in the fields of the Go agent', () => {
  it('are null where nothing has happened yet', () => {
    expect(toLegacyFields(started, undefined)).toEqual({
      connectionState: 'Connected',
      connectionStatus: {
        ...{ established: null, renewed: null, lastSync: null, lastSuccess: null },
        certificateStatus: { acquired: null, notBefore: null, notAfter: null },
      },
      synchronizationStatus: { lastAttempt: null, lastSuccessfulFetch: null, lastSuccessfulApplication: null },
    });
  });

  it('are those of this life of the agent, in place of older ones', () => {
    const older = toLegacyFields({ ...good, renewed: now }, undefined);
    expect(toLegacyFields(busy, older)).toEqual(busyFields);
  });

  it('are kept from its former life until there are new ones, but not those of a certificate that is gone', () => {
    const { connectionStatus, ...others } = busyFields;
    const certificateStatus = { acquired: shown(5), notBefore: null, notAfter: null };
    expect(toLegacyFields(started, busyFields)).toEqual({
      ...others,
      connectionStatus: { ...connectionStatus, certificateStatus },
    });
  });
});

describe('what failed in the former life', () => {
  it('is told until the first sync of this one', () => {
    const failed = {
      ...busyFields,
      synchronizationStatus: { ...busyFields.synchronizationStatus, error: 'Failed: mp-one.' },
    };
    expect(toLegacyFields(started, failed).synchronizationStatus?.error).toBe('Failed: mp-one.');
    expect(toLegacyFields(good, failed).synchronizationStatus?.error).toBeUndefined();
  });
});

describe('the state in the fields of the Go agent', () => {
  const state = (report: Report, previous?: ConnectionStatus) => toLegacyFields(report, previous).connectionState;
  const connectionError = anError('Director timed out');

  it('stays what it was after a start only where that was good', () => {
    expect(state(started, busyFields)).toBe('Synchronized');
    expect(state(started, { ...busyFields, connectionState: 'ConnectionFailed' })).toBe('Connected');
  });

  it('is Synchronized while a sync goes on only where it was before', () => {
    const working = { ...good, workingSince: now };
    expect(state(working, busyFields)).toBe('Synchronized');
    expect(state(working, { ...busyFields, connectionState: 'ConnectionMaintenanceFailed' })).toBe('Connected');
    expect(state(working, undefined)).toBe('Connected');
  });

  it('is not Synchronized after a read with gaps', () => {
    expect(state({ ...good, sync: { ...goodSync, gaps: 1 } })).toBe('SynchronizationFailed');
  });

  it.each<[string, Report, ConnectionStatus | undefined, string]>([
    ['a success of this life', good, undefined, 'ConnectionMaintenanceFailed'],
    ['a success of the former life', { ...started, certificate }, busyFields, 'ConnectionMaintenanceFailed'],
    ['no success', { ...started, certificate }, undefined, 'ConnectionFailed'],
    [
      'no success in the former life',
      { ...started, certificate },
      { connectionState: 'Connected', connectionStatus: { certificateStatus: {} } },
      'ConnectionFailed',
    ],
    ['a success, and no certificate any more', started, busyFields, 'ConnectionFailed'],
  ])('tells of a lost connection after %s', (_, report, previous, expected) => {
    expect(state({ ...report, connectionError }, previous)).toBe(expected);
  });
});

describe('the errors in the fields of the Go agent', () => {
  it('are of the connection: what failed in keeping it, then what is not permitted', () => {
    const text = (changes: Partial<Report>) =>
      toLegacyFields({ ...good, ...changes }, undefined).connectionStatus.error;
    const upkeep = {
      maintenance: [anError('The Secret cannot be written')],
      renewalError: anError('The renewal failed'),
      limitations: ['Nobody watches.'],
    };
    expect(text({})).toBeUndefined();
    expect(text({ limitations: ['Nobody watches.', 'Nobody lists.'] })).toBe('Nobody watches. Nobody lists.');
    expect(text(upkeep)).toBe('The Secret cannot be written. The renewal failed. Nobody watches.');
    expect(text({ ...upkeep, connectionError: anError('Director timed out') })).toBe(
      'Director timed out. Nobody watches.',
    );
    expect(text({ limitations: ['x'.repeat(1_000)] })).toHaveLength(600);
  });

  it('are of the sync: its own alone where it ended early, otherwise all that is not as it should be', () => {
    const text = (changes: Partial<typeof goodSync>) =>
      toLegacyFields({ ...good, sync: { ...goodSync, ...changes } }, undefined).synchronizationStatus?.error;
    const failures = [{ applicationId: 's1', name: 's1', reason: 'InvalidName', message: 'm' }];
    const held = [{ id: 'abc', applicationNames: ['mp-a'], since: now, actsAt: undefined }];
    const error = anError('Director timed out');
    expect(text({})).toBeUndefined();
    expect(text({ failures, held })).toMatch(/^Failed: s1 \(InvalidName\)\. UCL no longer assigns 1 Application/);
    expect(text({ failures, error: { during: 'labels', error } })).toBe(
      'Director timed out. Failed: s1 (InvalidName).',
    );
    expect(text({ failures, held, error: { during: 'apply', error } })).toBe('Director timed out.');
    const long = anError('x'.repeat(1_000));
    expect(text({ error: { during: 'labels', error: long } })).toHaveLength(600);
    expect(text({ error: { during: 'read', error: long } })).toHaveLength(600);
  });
});
