import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { AgentProcess } from '../../programs/agent/start-agent-process.ts';
import { parseMetrics, type Scrape } from '../../servers/prometheus/parse-metrics.ts';
import { rateLimited429 } from '../../servers/ucl/fault-answers.ts';
import { useStage } from './start-stage.ts';

/** A test of its own compares the page with the code. */
const page = readFileSync(new URL('../../../docs/operating.md', import.meta.url), 'utf8');
const documented = [...page.matchAll(/^\| `(ucl_agent_\w+)` \|/gm)].map(([, name]) => name).sort();

async function scrape(agent: AgentProcess): Promise<{ text: string } & Scrape> {
  const answer = await fetch(`http://127.0.0.1:${agent.healthPort()}/metrics`);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const text = await answer.text();
  return { text, ...parseMetrics(text) };
}

/** The value of the one series that has these labels, beside others. */
function readValue(
  { series }: Scrape,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const found = series.filter(
    (each) => each.name === name && Object.entries(labels).every(([key, value]) => each.labels[key] === value),
  );
  return found.length === 1 ? found[0]?.value : undefined;
}

describe('the metrics of a running agent', () => {
  const stage = useStage();

  /** A sync that UCL turns away, a renewal, a system that cannot be created, and a removal that is held. */
  async function goThrough() {
    const { ids, agent, runtimeId } = await stage.connect(['Alpha', 'Beta', 'Gamma']);
    stage.ucl.faults.add({ on: 'director', operation: 'applicationsForRuntime', effect: rateLimited429() });
    await stage.sync();
    await stage.annotate({ 'compass.kyma-project.io/renew-requested-at': 'now' });
    await stage.connection('echoes', ({ status }) => status?.lastHandledRenewRequest === 'now');
    stage.proxy.faults.add({
      match: ({ verb, resource }) => verb === 'create' && resource === 'applications',
      effect: { status: 403 },
      times: Number.POSITIVE_INFINITY,
    });
    stage.addSystems(['Delta']);
    stage.leaveFormation(ids);
    return { agent, runtimeId, connection: await stage.sync() };
  }

  it('tell what happened to it, every one of them, and name no system and no runtime', async () => {
    const { agent, runtimeId, connection } = await goThrough();
    // It ends after its status was written.
    const found = await stage.until('the run with the held removal has ended', async () => {
      const read = await scrape(agent);
      return readValue(read, 'ucl_agent_held_applications') === 3 ? read : undefined;
    });

    const families = [...found.types.keys()].filter((name) => name.startsWith('ucl_agent_'));
    const present = families.filter((name) =>
      found.series.some((each) => each.name === name || each.name === `${name}_count`),
    );
    expect(present.sort()).toEqual(documented);
    const seconds = (text: unknown) => Date.parse(String(text)) / 1000;
    const { certificate } = connection.status ?? {};
    expect({
      ready: readValue(found, 'ucl_agent_ready'),
      suspended: readValue(found, 'ucl_agent_suspended'),
      failed: readValue(found, 'ucl_agent_systems', { state: 'failed' }),
      failures: readValue(found, 'ucl_agent_system_failures', { reason: 'Refused' }),
      rateLimited: readValue(found, 'ucl_agent_ucl_rate_limited_total'),
      renewed: readValue(found, 'ucl_agent_certificate_renewals_total', { result: 'success' }),
      notRenewed: readValue(found, 'ucl_agent_certificate_renewals_total', { result: 'failure' }),
      created: readValue(found, 'ucl_agent_system_changes_total', { action: 'create' }),
      partial: readValue(found, 'ucl_agent_sync_duration_seconds_count', { result: 'partial' }),
      failedSyncs: readValue(found, 'ucl_agent_sync_duration_seconds_count', { result: 'failure' }),
      watch: readValue(found, 'ucl_agent_watch_phase', { watch: 'applications', phase: 'synced' }),
      expiry: Math.trunc(readValue(found, 'ucl_agent_certificate_expiry_timestamp_seconds') ?? 0),
      renewal: Math.trunc(readValue(found, 'ucl_agent_certificate_renewal_timestamp_seconds') ?? 0),
    }).toEqual({
      // The one system that is assigned fails.
      ready: 0,
      suspended: 0,
      failed: 1,
      failures: 1,
      rateLimited: 1,
      renewed: 1,
      notRenewed: 0,
      created: 3,
      partial: 1,
      failedSyncs: 1,
      watch: 1,
      expiry: seconds(certificate?.notAfter),
      renewal: seconds(certificate?.renewAt),
    });
    const ofOperation = { api: 'director', operation: 'LandscapePage', outcome: 'RateLimited' };
    expect(readValue(found, 'ucl_agent_ucl_request_duration_seconds_count', ofOperation)).toBe(1);
    expect(found.types.get('process_cpu_seconds_total')).toBe('counter');

    expect(found.text).not.toMatch(/mp-|alpha|delta/i);
    expect(found.text).not.toContain(runtimeId);
  });

  it('are there before the agent is connected, and say that it is not ready', async () => {
    const agent = stage.startAgent();
    await stage.condition('Connected', 'False/ConfigurationMissing');
    const found = await scrape(agent);
    expect(readValue(found, 'ucl_agent_ready')).toBe(0);
    expect(readValue(found, 'ucl_agent_certificate_expiry_timestamp_seconds')).toBeUndefined();
    expect(readValue(found, 'ucl_agent_sync_stale_timestamp_seconds')).toBeGreaterThan(0);
  });
});
