import { createClusterClient } from '../../servers/cluster/create-cluster-client.ts';
import { createBareClient, type WrittenObjects } from './bare-client.ts';
import { type ChangeFigures, measureChanges } from './measure-changes.ts';
import { type MeasuredAgent, startMeasuredAgent } from './measured-agent.ts';
import type { BenchOptions } from './parse-options.ts';
import type { Counts } from './server-messages.ts';
import { startServers } from './start-servers.ts';
import { median, percentile } from './statistics.ts';
import { type Stage, syncOnce } from './sync-once.ts';
import { type WatchedConnection, watchConnection } from './watch-objects.ts';

/** Start of the process in an empty cluster until the CompassConnection says Synchronized; medians. */
export interface StartFigures {
  readonly startMs: number;
  /** Of it the first sync: reading UCL and writing all objects. */
  readonly firstSyncMs: number;
  /** Of it reading UCL. */
  readonly readMs: number;
  /** A bare client that creates the same objects. */
  readonly floorMs: number;
  /** Median of the pairs of first sync and floor that were measured one after the other. */
  readonly ratio: number;
  /** The same without reading UCL, which the bare client need not do. */
  readonly writingRatio: number;
  readonly cpuMs: number;
  readonly peakRssMiB: number;
  /** Of the last start. */
  readonly requests: Counts;
}

/** Syncs that change nothing, from the annotation to its echo in the status. */
export interface SyncFigures {
  readonly syncMs: number;
  readonly p95Ms: number;
  /** Of one sync. */
  readonly cpuMs: number;
  /** Of the process since its start, pairing and first sync included. */
  readonly peakRssMiB: number;
  /** Anonymous memory after a tenth of the syncs, and after all: it is to stay the same. */
  readonly earlyMiB: number;
  readonly anonymousMiB: number;
  /** Of all syncs together. */
  readonly requests: Counts;
}

export interface SizeFigures {
  readonly systems: number;
  readonly bundles: number;
  readonly syncs: number;
  readonly start: StartFigures;
  readonly unchanged: SyncFigures;
  readonly changed: ChangeFigures;
}

/** Measures one size on servers of its own. `tell` is told how it goes. */
export async function measureSize(
  systems: number,
  options: BenchOptions,
  program: string,
  tell: (line: string) => void,
): Promise<SizeFigures> {
  const servers = await startServers(options.cluster, systems, options.bundles);
  const kube = await createClusterClient(servers.adminKubeconfig);
  const watch = await watchConnection(servers.adminKubeconfig);
  const bare = await createBareClient(servers.agentKubeconfig);
  const stage: Stage = { servers, kube, watch };
  const starts: Started[] = [];
  const floors: number[] = [];
  let syncs: Pick<SizeFigures, 'unchanged' | 'changed'> | undefined;
  let objects: WrittenObjects | undefined;
  try {
    while (syncs === undefined) {
      const { agent, ...figures } = await startOnce(stage, program);
      starts.push(figures);
      tell(`${systems} systems, start ${starts.length}: ${Math.round(figures.startMs)} ms`);
      try {
        if (starts.length === options.starts) {
          syncs = {
            unchanged: await measureSyncs(stage, agent, options.syncs),
            changed: await measureChanges(stage, agent, systems, options.syncs),
          };
        }
        objects ??= await bare.readObjects();
      } finally {
        await agent.stop();
      }
      await kube.clean();
      floors.push(await bare.create(objects));
      await kube.clean();
    }
  } finally {
    bare.close();
    watch.close();
    kube.close();
    await servers.stop();
  }
  return { systems, bundles: options.bundles, syncs: options.syncs, start: toStartFigures(starts, floors), ...syncs };
}

type Started = Omit<StartFigures, 'floorMs' | 'ratio' | 'writingRatio'>;

async function startOnce(
  { servers, kube, watch }: Stage,
  program: string,
): Promise<Started & { agent: MeasuredAgent }> {
  await kube.writeSecret('compass-agent-configuration', {
    CONNECTOR_URL: servers.connectorUrl,
    RUNTIME_ID: servers.runtimeId,
    TENANT: servers.tenantId,
    TOKEN: await servers.issueToken(),
  });
  await servers.forget();
  const synchronized = watch.until(isSynchronized);
  const agent = startMeasuredAgent(program, {
    KUBECONFIG: servers.agentKubeconfig,
    NODE_EXTRA_CA_CERTS: servers.uclCaFile,
    APP_HEALTH_PORT: '0',
    APP_LOG_FORMAT: 'json',
    // Only what is measured happens.
    APP_SYNC_SCHEDULE: '0 0 1 1 *',
    APP_FOLLOW_UP_DELAYS: 'none',
    APP_MINIMAL_COMPASS_SYNC_TIME: '100ms',
  });
  try {
    await Promise.race([synchronized, agent.unexpectedEnd]);
    const startMs = performance.now() - agent.startedAt;
    const usage = await agent.usage();
    const requests = await servers.count();
    const { durationMs = Number.NaN, readMs = Number.NaN } = agent.firstSync() ?? {};
    return { agent, startMs, firstSyncMs: durationMs, readMs, ...usage, requests };
  } catch (error: unknown) {
    await agent.stop();
    throw error;
  }
}

function isSynchronized({ status }: WatchedConnection): boolean {
  return status?.conditions.some(({ type, reason }) => type === 'Synchronized' && reason === 'Synchronized') ?? false;
}

async function measureSyncs(stage: Stage, agent: MeasuredAgent, syncs: number): Promise<SyncFigures> {
  const { servers } = stage;
  // The first one after a start is no ordinary one: caches and code are cold.
  await syncOnce(stage, agent);
  await servers.forget();
  const before = await agent.usage();
  const durations: number[] = [];
  let early = before;
  for (let done = 1; done <= syncs; done += 1) {
    durations.push(await syncOnce(stage, agent));
    if (done === Math.ceil(syncs / 10)) early = await agent.usage();
  }
  const after = await agent.usage();
  return {
    syncMs: median(durations),
    p95Ms: percentile(durations, 0.95),
    cpuMs: (after.cpuMs - before.cpuMs) / syncs,
    peakRssMiB: after.peakRssMiB,
    earlyMiB: early.anonymousMiB,
    anonymousMiB: after.anonymousMiB,
    requests: await servers.count(),
  };
}

function toStartFigures(starts: readonly Started[], floors: readonly number[]): StartFigures {
  const of = (pick: (start: Started) => number) => median(starts.map(pick));
  const toRatio = (pick: (start: Started) => number) =>
    median(starts.map((start, index) => pick(start) / (floors[index] ?? Number.NaN)));
  return {
    startMs: of(({ startMs }) => startMs),
    firstSyncMs: of(({ firstSyncMs }) => firstSyncMs),
    readMs: of(({ readMs }) => readMs),
    floorMs: median(floors),
    ratio: toRatio(({ firstSyncMs }) => firstSyncMs),
    writingRatio: toRatio(({ firstSyncMs, readMs }) => firstSyncMs - readMs),
    cpuMs: of(({ cpuMs }) => cpuMs),
    peakRssMiB: of(({ peakRssMiB }) => peakRssMiB),
    requests: starts.at(-1)?.requests ?? { compass: {}, kubernetes: {} },
  };
}
