import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { z } from 'zod';
import { ClusterProcesses, findFreePorts } from '../cluster/cluster-processes.ts';
import { findPrometheus } from './build-prometheus.ts';

/** What of a rule group is needed here; the rest goes through as it stands. */
export type RuleGroup = Readonly<Record<string, unknown>>;

export interface PrometheusOptions {
  /** `host:port` of what is scraped at `/metrics`. */
  readonly target: string;
  /** Labels of all its series, as a PodMonitor adds them. */
  readonly labels: Readonly<Record<string, string>>;
  readonly groups: readonly RuleGroup[];
}

/** An alert that is pending or fires. */
const alertSchema = z.object({
  labels: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.string()),
  state: z.enum(['pending', 'firing']),
});
export type PrometheusAlert = z.infer<typeof alertSchema>;

const targetSchema = z.object({ health: z.enum(['unknown', 'up', 'down']), lastError: z.string() });
export type PrometheusTarget = z.infer<typeof targetSchema>;

export interface Prometheus {
  alerts(): Promise<PrometheusAlert[]>;
  targets(): Promise<PrometheusTarget[]>;
  stop(): Promise<void>;
}

/**
 * A Prometheus on loopback that scrapes and evaluates each second, and keeps what it learns in a folder of its own.
 * @throws MissingBinariesError where it is not built yet.
 * @throws Error with the end of its log where it does not start.
 */
export async function startPrometheus({ target, labels, groups }: PrometheusOptions): Promise<Prometheus> {
  const { prometheus } = await findPrometheus(process.env);
  const folder = await mkdtemp(path.join(tmpdir(), 'ucl-agent-prometheus-'));
  const configuration = {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: ['rules.yaml'],
    scrape_configs: [{ job_name: 'ucl-agent', static_configs: [{ targets: [target], labels }] }],
  };
  await writeFile(path.join(folder, 'rules.yaml'), stringify({ groups }));
  await writeFile(path.join(folder, 'prometheus.yaml'), stringify(configuration));
  const processes = new ClusterProcesses(folder);
  const [port] = await findFreePorts(1);
  const running = processes.start('prometheus', prometheus, [
    '--config.file=prometheus.yaml',
    '--storage.tsdb.path=data',
    `--web.listen-address=127.0.0.1:${port}`,
    '--log.level=warn',
  ]);
  const url = `http://127.0.0.1:${port}`;
  while (!(await isReady(url))) {
    if (running.hasExited()) {
      const log = running.logTail();
      await processes.close();
      throw new Error(`Prometheus did not start: ${log}`);
    }
    await sleep(50);
  }
  return {
    alerts: async () => (await ask(`${url}/api/v1/alerts`, z.object({ alerts: z.array(alertSchema) }))).alerts,
    targets: async () =>
      (await ask(`${url}/api/v1/targets`, z.object({ activeTargets: z.array(targetSchema) }))).activeTargets,
    async stop() {
      await running.end();
      await processes.close();
    },
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/-/ready`)).ok;
  } catch {
    return false;
  }
}

/** As https://prometheus.io/docs/prometheus/latest/querying/api/ has the envelope. */
async function ask<T>(url: string, data: z.ZodType<T>): Promise<T> {
  const answer: unknown = await (await fetch(url)).json();
  return z.object({ status: z.literal('success'), data }).parse(answer).data;
}
