import { describe, expect, test } from 'vitest';
import type { KnownState } from '../../../agent/metrics/known-state.ts';
import { toSamples } from '../../../agent/metrics/to-samples.ts';
import { eventful, justStarted } from './known-states.ts';

/** `name{label="value"}` and its value. */
function read(known: KnownState): Record<string, number> {
  return Object.fromEntries(
    toSamples(known, '1.2.3').map(({ name, labels, value }) => [
      `${name.replace('ucl_agent_', '')} ${Object.values(labels).join(' ')}`.trim(),
      value,
    ]),
  );
}

const seconds = (text: string) => Date.parse(text) / 1000;

describe('the gauges', () => {
  test('tell moments in seconds, systems by state, and failures by reason, each failure once', () => {
    expect(read(eventful)).toMatchObject({
      'build_info 1.2.3': 1,
      ready: 1,
      'condition Ready True PruneHeld': 1,
      'condition Synchronized False ApplicationsFailed': 1,
      suspended: 0,
      run_in_progress: 1,
      last_sync_attempt_timestamp_seconds: seconds('2026-11-22T12:00:00Z'),
      last_read_success_timestamp_seconds: seconds('2026-11-22T12:00:01Z'),
      last_sync_success_timestamp_seconds: seconds('2026-11-22T12:00:02Z'),
      sync_stale_timestamp_seconds: seconds('2026-11-22T12:10:00Z'),
      'systems ready': 8,
      'systems failed': 2,
      'system_failures Refused': 2,
      'system_failures UnsupportedCredential': 1,
      certificate_expiry_timestamp_seconds: seconds('2027-01-30T00:00:00Z'),
      certificate_renewal_timestamp_seconds: seconds('2027-01-02T00:00:00Z'),
    });
  });

  test('of an agent that stands by tell its watches, its triggers and that it does not lead, and nothing of before', () => {
    expect(read({ ...eventful, isLeading: false, isRunning: false })).toEqual({
      'build_info 1.2.3': 1,
      leader: 0,
      run_in_progress: 0,
      ...Object.fromEntries(
        Object.entries(read(eventful)).filter(([name]) => /^(?:pending_triggers|watch_phase) /.test(name)),
      ),
    });
    expect(read(eventful)).toHaveProperty('leader', 1);
  });

  test('count what is held over all holds, with the oldest begin and the first end', () => {
    expect(read(eventful)).toMatchObject({
      held_removals: 2,
      held_applications: 3,
      held_since_timestamp_seconds: seconds('2026-11-22T11:50:00Z'),
      held_until_timestamp_seconds: seconds('2026-11-22T12:05:00Z'),
    });
  });

  test('have no moment for what has not happened, rather than 1970', () => {
    const names = Object.keys(read(justStarted)).filter((name) => name.includes('timestamp'));
    expect(names).toEqual(['sync_stale_timestamp_seconds']);
    expect(read(justStarted)).toMatchObject({ ready: 0, held_removals: 0 });
    expect(read(justStarted)).not.toHaveProperty('systems ready');
    expect(Object.keys(read({ ...justStarted, staleAt: undefined })).filter((name) => name.includes('stale'))).toEqual(
      [],
    );
  });

  test('are not ready while the condition is False or Unknown', () => {
    const withReady = (status: 'False' | 'Unknown') => ({
      ...eventful,
      memory: {
        ...eventful.memory,
        toldConditions: [{ type: 'Ready' as const, status, reason: 'X', message: '', lastTransitionTime: '' }],
      },
    });
    expect(read(withReady('False'))).toMatchObject({ ready: 0, 'condition Ready False X': 1 });
    expect(read(withReady('Unknown'))).toMatchObject({ ready: 0 });
  });

  test('name every phase of a watch and every trigger, so that a series goes to 0 and does not vanish', () => {
    expect(read(eventful)).toMatchObject({
      'watch_phase applications synced': 1,
      'watch_phase applications forbidden': 0,
      'watch_phase secrets synced': 0,
      'watch_phase secrets forbidden': 1,
      'watch_phase secrets failing': 0,
      'pending_triggers connection': 1,
      'pending_triggers drift': 1,
      'pending_triggers start': 0,
    });
    expect(read({ ...eventful, memory: { ...eventful.memory, isResting: true } })).toMatchObject({ suspended: 1 });
  });

  test('name no system and no object', () => {
    expect(JSON.stringify(toSamples(eventful, '1.2.3'))).not.toMatch(/mp-|hold-/);
  });
});
