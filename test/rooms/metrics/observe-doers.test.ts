import { describe, expect, test } from 'vitest';
import { AgentError } from '../../../agent/errors/agent-error.ts';
import { observeDoers } from '../../../agent/metrics/observe-doers.ts';
import type { Observer } from '../../../agent/metrics/observer.ts';
import { toRenewalResult } from '../../../agent/metrics/to-renewal-result.ts';
import { toSyncVerdict } from '../../../agent/metrics/to-sync-verdict.ts';
import type { SyncFacts } from '../../../agent/sync/sync-facts.ts';
import { linked } from '../../data/builders/connection-facts.ts';
import { Stage } from '../reconcile/stage.ts';

function record(): { observer: Observer; told: unknown[][] } {
  const told: unknown[][] = [];
  const observer: Observer = {
    onCall: (call) => told.push(['call', call.outcome]),
    onSync: (verdict, durationMs) => told.push(['sync', verdict, durationMs]),
    onChanges: ({ create }) => told.push(['created', create]),
    onRenewal: (result) => told.push(['renewal', result]),
  };
  return { observer, told };
}

const unavailable = new AgentError('CompassUnreachable', 'UCL is away', { next: 'retry' });

function aSync(outcome: SyncFacts['outcome']): SyncFacts {
  return { attemptedAt: new Date(0), trigger: 'schedule', outcome };
}

describe('what is counted of a run', () => {
  test('is each sync with its time, each renewal that was tried, and each change', async () => {
    const stage = new Stage();
    const { observer, told } = record();
    stage.observe = (doers) => observeDoers(doers, observer, stage.time);
    stage.connection = () => linked({ isRenewalTried: true, events: ['renewed'] });
    await stage.run(['schedule']);
    expect(told).toEqual([
      ['renewal', 'success'],
      ['sync', 'success', 0],
      ['created', 1],
    ]);
  });

  test('is a failed read without any change, and no renewal where none was tried', async () => {
    const stage = new Stage();
    const { observer, told } = record();
    stage.observe = (doers) => observeDoers(doers, observer, stage.time);
    stage.syncOutcome = () => ({ reached: 'nothing', error: unavailable });
    await stage.run(['schedule']);
    expect(told).toEqual([['sync', 'failure', 0]]);
  });

  test('is what mending drift wrote', async () => {
    const stage = new Stage();
    const { observer, told } = record();
    await stage.run(['schedule']);
    stage.observe = (doers) => observeDoers(doers, observer, stage.time);
    await stage.run(['drift']);
    expect(told).toEqual([['created', 0]]);
  });
});

describe('a sync', () => {
  const stage = new Stage();
  const failure = { applicationId: 'a', name: 'mp-a', reason: 'Refused', message: '' };

  test.each([
    ['success', stage.goodOutcome()],
    ['partial', stage.goodOutcome({ failures: [failure] })],
    ['partial', stage.goodOutcome({ gaps: 1 })],
    ['partial', stage.goodOutcome({}, { error: { during: 'read', error: unavailable } })],
    ['failure', { reached: 'nothing', error: unavailable }],
  ] as const)('counts as %s', (verdict, outcome) => {
    expect(toSyncVerdict(aSync(outcome))).toBe(verdict);
  });
});

describe('a renewal', () => {
  test('was tried where the run says so, whatever is known of others, and failed where no event tells of it', () => {
    const renewals = [{ writtenAt: new Date(0), at: 0 }];
    expect(toRenewalResult(linked({ renewals }))).toBeUndefined();
    expect(toRenewalResult(linked({ isRenewalTried: true }))).toBe('failure');
    expect(toRenewalResult(linked({ isRenewalTried: true, events: ['renewed'] }))).toBe('success');
  });
});
