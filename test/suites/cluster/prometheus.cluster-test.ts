import { afterEach, describe, expect, it } from 'vitest';
import type { AgentProcess } from '../../programs/agent/start-agent-process.ts';
import { type Prometheus, type PrometheusAlert, startPrometheus } from '../../servers/prometheus/start-prometheus.ts';
import { useStage } from '../e2e/start-stage.ts';
import { readAlertGroups } from './read-alert-groups.ts';

/** As the PodMonitor adds them; the text of an alert asks for them. */
const labels = { namespace: 'kyma-system', pod: 'agent' };

describe('a Prometheus that scrapes the agent', () => {
  const stage = useStage();
  let prometheus: Prometheus | undefined;
  afterEach(async () => {
    await prometheus?.stop();
    prometheus = undefined;
  });

  /** With the alerts as delivered, but for their patience: each fires in the second in which its condition holds. */
  async function watch(agent: AgentProcess): Promise<Prometheus> {
    const port = await stage.until('the agent has told its port', () => agent.healthPort());
    const groups = await readAlertGroups();
    const hasty = groups.map((group) => ({ ...group, rules: group.rules.map((rule) => ({ ...rule, for: '0s' })) }));
    prometheus = await startPrometheus({ target: `127.0.0.1:${port}`, labels, groups: hasty });
    return prometheus;
  }

  async function firing(of: Prometheus): Promise<PrometheusAlert[]> {
    return (await of.alerts()).filter(({ state }) => state === 'firing');
  }

  const named = (alerts: PrometheusAlert[], name: string) => alerts.find(({ labels }) => labels.alertname === name);

  it('fires an alert with its reason while the agent has no configuration, and ends it once it is connected', async () => {
    const agent = stage.startAgent();
    await stage.condition('Ready', 'False/ConfigurationMissing');
    const watching = await watch(agent);
    const alert = await stage.until('it fires', async () => named(await firing(watching), 'UclAgentNotReady'));
    expect(alert.labels).toEqual({ alertname: 'UclAgentNotReady', severity: 'critical', ...labels, ...target(alert) });
    expect(alert.annotations.description).toContain('is not True, reason ConfigurationMissing.');
    expect(await watching.targets()).toEqual([{ health: 'up', lastError: '' }]);

    const runtimeId = stage.addRuntime();
    stage.addSystems(['Alpha']);
    await stage.configure(runtimeId);
    await stage.synchronized();
    await stage.until('nothing fires', async () => (await firing(watching)).length === 0 || undefined);
  });

  it('fires when a removal is held, with the number of Applications, and when the agent is gone', async () => {
    const { ids, agent } = await stage.connect(['Alpha', 'Beta', 'Gamma']);
    const watching = await watch(agent);
    stage.leaveFormation(ids);
    await stage.sync();
    const held = await stage.until('it fires', async () => named(await firing(watching), 'UclAgentRemovalHeld'));
    expect(held.annotations.summary).toBe('ucl-agent holds a removal of 3 Applications.');

    await agent.kill();
    const absent = await stage.until('it fires', async () => named(await firing(watching), 'UclAgentAbsent'));
    expect(absent.labels).toEqual({ alertname: 'UclAgentAbsent', severity: 'critical' });
    expect(await watching.targets()).toMatchObject([{ health: 'down' }]);
  });
});

/** What Prometheus says of where it scraped. */
function target({ labels: { job = '', instance = '' } }: PrometheusAlert): Record<string, string> {
  return { job, instance };
}
