import { describe, expect, test } from 'vitest';
import { createMetrics } from '../../../agent/metrics/create-metrics.ts';
import { eventful, justStarted } from './known-states.ts';

async function readLines(metrics: ReturnType<typeof createMetrics>, known = justStarted): Promise<string[]> {
  return (await metrics.render(known)).split('\n');
}

describe('the text for Prometheus', () => {
  test('follows the state of the agent: what is no longer known is no longer told', async () => {
    const metrics = createMetrics('1.2.3');
    const eventfulText = await metrics.render(eventful);
    expect(eventfulText).toContain('ucl_agent_held_since_timestamp_seconds 1795348200\n');
    expect(eventfulText).toContain('ucl_agent_condition{type="Ready",status="True",reason="PruneHeld"} 1\n');
    const laterText = await metrics.render(justStarted);
    expect(laterText).not.toMatch(/^ucl_agent_held_since_timestamp_seconds /m);
    expect(laterText).not.toContain('PruneHeld');
    expect(laterText).toContain('\nucl_agent_ready 0\n');
  });

  test('counts from 0, so that the first event is an increase', async () => {
    const lines = await readLines(createMetrics('1.2.3'));
    expect(lines).toEqual(
      expect.arrayContaining([
        'ucl_agent_ucl_rate_limited_total 0',
        'ucl_agent_certificate_renewals_total{result="failure"} 0',
        'ucl_agent_sync_duration_seconds_count{result="failure"} 0',
        'ucl_agent_sync_duration_seconds_count{result="success"} 0',
      ]),
    );
  });

  test('counts calls by operation and outcome in seconds, syncs, renewals and changes', async () => {
    const metrics = createMetrics('1.2.3');
    const { observer } = metrics;
    const call = { api: 'director', operation: 'LandscapePage', durationMs: 1500 } as const;
    observer.onCall({ ...call, outcome: 'Success' });
    observer.onCall({ ...call, outcome: 'RateLimited' });
    observer.onSync('partial', 250);
    observer.onRenewal('failure');
    observer.onChanges({ create: 2, update: 0, rename: 0, delete: 1, collect: 0 });
    const lines = await readLines(metrics);
    const labels = 'api="director",operation="LandscapePage",outcome="Success"';
    expect(lines).toEqual(
      expect.arrayContaining([
        `ucl_agent_ucl_request_duration_seconds_sum{${labels}} 1.5`,
        `ucl_agent_ucl_request_duration_seconds_bucket{le="1",${labels}} 0`,
        `ucl_agent_ucl_request_duration_seconds_bucket{le="2.5",${labels}} 1`,
        'ucl_agent_ucl_rate_limited_total 1',
        'ucl_agent_sync_duration_seconds_sum{result="partial"} 0.25',
        'ucl_agent_certificate_renewals_total{result="failure"} 1',
        'ucl_agent_system_changes_total{action="create"} 2',
        'ucl_agent_system_changes_total{action="delete"} 1',
      ]),
    );
  });
});
