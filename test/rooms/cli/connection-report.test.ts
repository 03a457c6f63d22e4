import { describe, expect, it } from 'vitest';
import { toConnectionReport } from '../../../agent/cli/connection-report.ts';
import type { ConnectionStatus } from '../../../agent/domain/connection-status.ts';
import { aConnection } from '../../data/builders/kubernetes-objects.ts';

const now = new Date('2026-11-22T12:00:00Z');
const report = (status?: Partial<ConnectionStatus>) =>
  toConnectionReport(aConnection(status === undefined ? {} : { status }), now, 'kubectl');
const readyOf = (status?: Partial<ConnectionStatus>) => report(status).ready;

/** As the Go agent writes it, and what is left of ours on its CRD. */
const legacy = (changes: Partial<ConnectionStatus['connectionStatus']> = {}): Partial<ConnectionStatus> => ({
  connectionState: 'Synchronized',
  connectionStatus: { certificateStatus: { notAfter: '2027-01-30T00:00:00Z' }, ...changes },
});
const condition = (type: 'Ready' | 'Connected') => ({
  type,
  status: 'True' as const,
  reason: `${type}Reason`,
  message: 'm',
  lastTransitionTime: '2026-11-22T11:00:00Z',
});

describe('the report on a CompassConnection', () => {
  it('says that no agent has written a status', () => {
    expect(report()).toMatchObject({
      state: 'Unknown',
      detailed: false,
      ready: { status: 'Unknown', reason: 'NoStatus', message: 'No agent has written a status yet.' },
    });
  });

  it.each([
    ['Synchronized', 'True', 'The last synchronization succeeded.'],
    ['Connected', 'Unknown', 'The status names no error.'],
    ['ConnectionFailed', 'False', 'The status names no error.'],
  ] as const)('takes the state %s of the older CRD for readiness %s', (connectionState, status, message) => {
    expect(readyOf({ ...legacy(), connectionState })).toEqual({ status, reason: connectionState, message });
  });

  it('names the errors of the older CRD, and only there', () => {
    const status = { ...legacy({ error: 'The token is spent.' }), synchronizationStatus: { error: 'No room.' } };
    expect(report(status)).toMatchObject({ errors: ['The token is spent.', 'No room.'], detailed: false });
    expect(readyOf(status).message).toBe('The token is spent.');
    expect(report({ ...legacy({ error: '' }) }).errors).toEqual([]);
    expect(report({ ...status, conditions: [condition('Ready')] })).toMatchObject({ errors: [], detailed: true });
  });

  it('says of an expired certificate when that was, from the moment on', () => {
    const expired = (notAfter: string) => readyOf(legacy({ certificateStatus: { notAfter } }));
    expect(expired('2026-11-22T12:00:00Z')).toEqual({
      status: 'False',
      reason: 'CertificateExpired',
      message: 'The client certificate expired at 2026-11-22T12:00:00Z.',
    });
    expect(expired('2026-11-22T12:00:01Z').reason).toBe('Synchronized');
  });

  it('takes Ready from among the conditions, and no longer than the agent meant it', () => {
    const status = { ...legacy(), conditions: [condition('Connected'), condition('Ready')] };
    expect(readyOf(status).reason).toBe('ReadyReason');
    expect(readyOf({ ...status, staleAfter: '2026-11-22T12:00:01Z' }).reason).toBe('ReadyReason');
    expect(readyOf({ ...status, staleAfter: '2026-11-22T12:00:00Z' }).reason).toBe('StatusStale');
  });

  it('finds times in the fields of the older CRD', () => {
    const lastSuccess = '2026-11-22T10:00:00Z';
    const lastSuccessfulApplication = '2026-11-22T11:00:00Z';
    expect(report(legacy({ lastSuccess })).lastSuccessfulSync).toBe(lastSuccess);
    expect(
      report({ ...legacy({ lastSuccess }), synchronizationStatus: { lastSuccessfulApplication } }).lastSuccessfulSync,
    ).toBe(lastSuccessfulApplication);
    expect(report(legacy()).certificate).toEqual({ notAfter: '2027-01-30T00:00:00Z' });
  });
});
