import type { KnownState } from '../../../agent/metrics/known-state.ts';
import { emptyMemory } from '../../../agent/reconcile/memory.ts';
import { certificate, goodSync } from '../../data/builders/a-report.ts';

/** What a metric could be read from; for tests to change. */

export const justStarted: KnownState = {
  memory: emptyMemory,
  isLeading: true,
  renewAt: undefined,
  staleAt: new Date('2026-11-22T12:10:00Z'),
  watches: { applications: 'starting' },
  pending: new Set(['start']),
  isRunning: false,
};

const condition = { message: '', lastTransitionTime: '2026-11-22T11:00:00Z' };

/** Something of everything that there can be: systems that fail, a removal that is held, a watch that may not be. */
export const eventful: KnownState = {
  memory: {
    ...emptyMemory,
    toldConditions: [
      { ...condition, type: 'Ready', status: 'True', reason: 'PruneHeld' },
      { ...condition, type: 'Synchronized', status: 'False', reason: 'ApplicationsFailed' },
    ],
    connection: { ...emptyMemory.connection, certificate },
    sync: {
      ...emptyMemory.sync,
      last: {
        ...goodSync,
        attemptedAt: new Date('2026-11-22T12:00:00Z'),
        fetchedAt: new Date('2026-11-22T12:00:01Z'),
        appliedAt: new Date('2026-11-22T12:00:02Z'),
        counts: { desired: 10, ready: 8, failed: 2 },
        failures: [
          { applicationId: 'a', name: 'mp-secret-project', reason: 'Refused', message: '' },
          { applicationId: 'a', name: 'mp-secret-project', reason: 'UnsupportedCredential', message: '' },
          { applicationId: 'b', name: 'mp-b', reason: 'Refused', message: '' },
        ],
        held: [
          {
            id: 'hold-2',
            applicationNames: ['mp-c', 'mp-d'],
            since: new Date('2026-11-22T11:55:00Z'),
            actsAt: new Date('2026-11-22T12:05:00Z'),
          },
          { id: 'hold-1', applicationNames: ['mp-e'], since: new Date('2026-11-22T11:50:00Z'), actsAt: undefined },
        ],
      },
    },
  },
  isLeading: true,
  renewAt: new Date('2027-01-02T00:00:00Z'),
  staleAt: new Date('2026-11-22T12:10:00Z'),
  watches: { applications: 'synced', secrets: 'forbidden' },
  pending: new Set(['connection', 'drift']),
  isRunning: true,
};
