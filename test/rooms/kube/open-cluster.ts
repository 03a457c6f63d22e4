import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../../../agent/config/config.ts';
import { parseConfig } from '../../../agent/config/parse-config.ts';
import { createKubeTransport } from '../../../agent/kube/api/create-kube-transport.ts';
import { createKubeClient, type KubeClient } from '../../../agent/kube/api/kube-client.ts';
import { type Cluster, createCluster, type WatchTimings } from '../../../agent/kube/create-cluster.ts';
import type { ClusterChange } from '../../../agent/pace/triggers.ts';
import { systemTime } from '../../../agent/time/system-time.ts';
import { type RecordedLog, recordLog } from '../../data/builders/record-log.ts';

export interface OpenedCluster {
  readonly cluster: Cluster;
  /** What onChange was told, oldest first. */
  readonly changes: ClusterChange[];
  readonly log: RecordedLog;
  readonly signal: AbortSignal;
  close(): Promise<void>;
}

const settings = parseConfig({});
if (!settings.ok) throw new Error('The default settings are not valid.');
export const defaultConfig: Config = settings.config;

/** Pauses are short, so that what heals by itself does so within the test. */
const quickTimings: Partial<WatchTimings> = {
  backoffMs: { first: 20, most: 100 },
  forbiddenMs: { first: 100, most: 200 },
  pollMs: 50,
};

/** Opens the cluster as the agent does. */
export function openCluster(kubeconfigFile: string, watchTimings: Partial<WatchTimings> = {}): OpenedCluster {
  const changes: ClusterChange[] = [];
  const log = recordLog();
  const controller = new AbortController();
  const cluster = createCluster(
    {
      config: defaultConfig,
      log,
      time: systemTime,
      random: Math.random,
      onChange: (change) => changes.push(change),
      watchTimings: { ...quickTimings, ...watchTimings },
      exchange: createKubeTransport(kubeconfigFile, systemTime),
    },
    controller.signal,
  );
  return { cluster, changes, log, signal: controller.signal, close: () => cluster.stop() };
}

/** Somebody else in the cluster. */
export function openOther(kubeconfigFile: string): KubeClient {
  const transport = createKubeTransport(kubeconfigFile, systemTime);
  return createKubeClient(transport, systemTime);
}

/** Waits until the condition holds; the limit is only there so that a broken test ends. */
export async function eventually(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; tries < 6_000; tries += 1) {
    if (await condition()) return;
    await sleep(5);
  }
  throw new Error(`Did not come true: ${what}`);
}
