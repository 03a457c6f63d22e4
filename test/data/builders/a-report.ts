import type { CertificateFacts } from '../../../agent/connection/inspect-credential.ts';
import type { Report } from '../../../agent/status/report.ts';
import type { SyncReport } from '../../../agent/sync/sync-memory.ts';

/** What an agent knows after a good sync of ten systems, for tests to change. */

export const now = new Date('2026-11-22T12:00:00.700Z');
export const certificate: CertificateFacts = {
  notBefore: new Date('2026-11-01T00:00:00Z'),
  notAfter: new Date('2027-01-30T00:00:00Z'),
  keyMatches: true,
  fingerprint: 'AA',
};

export const goodSync: SyncReport = {
  attemptedAt: now,
  trigger: 'schedule',
  error: undefined,
  fetchedAt: now,
  appliedAt: now,
  counts: { desired: 10, ready: 10, failed: 0 },
  failures: [],
  remarks: [],
  gaps: 0,
  held: [],
  terminating: [],
  skipped: 0,
};

export const good: Report = {
  observedGeneration: 3,
  runtimeId: 'runtime',
  isSuspended: false,
  connectionError: undefined,
  maintenance: [],
  renewalError: undefined,
  renewalOverdueAt: new Date('2027-01-11T08:00:00Z'),
  limitations: [],
  certificate,
  renewAt: new Date('2027-01-02T00:00:00Z'),
  established: now,
  renewed: undefined,
  acquired: now,
  lastCall: now,
  lastSuccessfulCall: now,
  lastAnswer: now,
  sync: goodSync,
  lastSuccess: now,
  overdueAt: new Date('2026-11-22T12:10:00Z'),
  nextSync: new Date('2026-11-22T12:03:00Z'),
  staleAfter: new Date('2026-11-22T12:10:00Z'),
  workingSince: undefined,
  maxFailedShare: 0.5,
  handled: {},
  removedLately: 0,
  isRemovedUnknown: false,
};
