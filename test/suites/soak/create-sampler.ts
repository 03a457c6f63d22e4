import { readdir, readlink, stat } from 'node:fs/promises';
import path from 'node:path';
import { findContainerCgroup } from '../../servers/node/container-cgroup.ts';
import { parseMetrics } from '../../servers/prometheus/parse-metrics.ts';
import { type AgentPodStage, namespace } from '../node/use-agent-pod.ts';
import type { Sample } from './soak-record.ts';

/**
 * Looks at the one pod of the agent from outside, as often as it is called. Memory is counted as Kubernetes does; handles
 * are those of the kernel, watches those of the API server, and only the number of syncs is the agent's own word.
 */
export async function createSampler(stage: AgentPodStage): Promise<() => Promise<Sample>> {
  const sinceMs = performance.now();
  const { name, uid, container } = await stage.readyPod();
  const cgroup = await findContainerCgroup(container.containerID);
  const address = await stage.kubectl('get', 'pod', name, ...namespace, '-o', 'jsonpath={.status.podIP}');
  const logFolder = path.join(stage.node.folder, 'pod-logs', `kyma-system_${name}_${uid}`, 'compass-runtime-agent');
  const readLog = createLogMeter(path.join(logFolder, `${container.restartCount}.log`));
  let watches = 0;
  return async () => {
    watches = (await countWatches(stage)) ?? watches;
    return {
      atMs: performance.now() - sinceMs,
      ...(await cgroup.memory()),
      ...(await countHandles(await cgroup.processes())),
      watches,
      logBytes: await readLog(),
      syncs: await countSyncs(address),
    };
  };
}

async function countHandles(processes: readonly number[]): Promise<{ handles: number; sockets: number }> {
  const targets = await Promise.all(
    processes.map(async (id) => {
      const folder = `/proc/${id}/fd`;
      const names = await readdir(folder);
      // One that is closed in between is no longer there.
      return Promise.all(names.map((name) => readlink(path.join(folder, name)).catch(() => '')));
    }),
  );
  const open = targets.flat().filter((target) => target !== '');
  return { handles: open.length, sockets: open.filter((target) => target.startsWith('socket:')).length };
}

/** Undefined where the API server does not answer. Kubernetes' own controllers hold some, always the same number. */
async function countWatches(stage: AgentPodStage): Promise<number | undefined> {
  const { code, stdout } = await stage.tryKubectl('get', '--raw', '/metrics');
  if (code !== 0) return undefined;
  const lines = stdout.split('\n').filter((line) => line.startsWith('apiserver_longrunning_requests{'));
  const watches = lines.filter(
    (line) => line.includes('verb="WATCH"') && /resource="(?:applications|compassconnections)"/.test(line),
  );
  return watches.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

async function countSyncs(address: string): Promise<number> {
  const { series } = parseMetrics(await (await fetch(`http://${address}:8090/metrics`)).text());
  const counts = series.filter(({ name }) => name === 'ucl_agent_sync_duration_seconds_count');
  return counts.reduce((sum, { value }) => sum + value, 0);
}

/** Gives how many bytes were written to a log since the first look. The kubelet begins a new file at times. */
function createLogMeter(file: string): () => Promise<number> {
  let last: number | undefined;
  let written = 0;
  return async () => {
    const { size } = await stat(file);
    if (last !== undefined) written += size < last ? size : size - last;
    last = size;
    return written;
  };
}
