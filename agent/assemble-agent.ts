import type { OpenExchange } from './compass/exchange.ts';
import type { AskedCall } from './compass/graphql-transport.ts';
import type { ReadMemory } from './compass/landscape-sizes.ts';
import type { Config } from './config/config.ts';
import type { KeySource } from './connection/ports.ts';
import { createDoers } from './create-doers.ts';
import { annotations } from './domain/annotations.ts';
import type { Exchange } from './kube/api/exchange.ts';
import { interceptRequests } from './kube/api/intercept-requests.ts';
import { type Cluster, createCluster, type WatchTimings } from './kube/create-cluster.ts';
import type { LogFields, Logger } from './log/logger.ts';
import type { KnownState } from './metrics/known-state.ts';
import { observeDoers } from './metrics/observe-doers.ts';
import type { Observer } from './metrics/observer.ts';
import { createRecall, openCompass } from './open-compass.ts';
import { type LoopParts, type LoopProgress, runLoop } from './pace/run-loop.ts';
import { toStaleAt } from './pace/to-stale-at.ts';
import { type Signal, SignalQueue, toSignal } from './pace/triggers.ts';
import type { Doers } from './reconcile/doers.ts';
import { type AgentMemory, emptyMemory } from './reconcile/memory.ts';
import { runOnce } from './reconcile/run-once.ts';
import type { Random, Time } from './time/time.ts';

/** All that the agent has of the world. Whoever gives other ports than those of the machine runs it in another world. */
export interface AgentParts {
  readonly config: Config;
  readonly kubeExchange: Exchange;
  readonly openCompassExchange: OpenExchange;
  readonly keys: KeySource;
  readonly time: Time;
  readonly random: Random;
  readonly uniqueId: () => string;
  readonly log: Logger;
  readonly registerSecret: (secret: string) => void;
  readonly version: string;
  /** How large the heap may grow, in bytes: what is read of UCL is bounded by it. */
  readonly heapLimitBytes: number;
  readonly watchTimings?: Partial<WatchTimings>;
  /** Is told what happens; for whoever counts. */
  readonly observer?: Observer;
}

export interface Agent {
  readonly cluster: Cluster;
  readonly progress: LoopProgress;
  /** What it knows at this moment, as of the end of its last run. */
  known(): KnownState;
  /** Something happened outside: a tick of the schedule above all. */
  signal(signal: Signal): void;
  /** Ends when `stop` aborts and the running reconciliation has ended; `abandon` cuts that short. */
  run(stop: AbortSignal, abandon: AbortSignal): Promise<void>;
  /** Closes the connections to UCL. */
  close(): void;
}

/** Makes every part; each names only what was made before it. The watches start at once, and end when `signal` aborts. */
export function assembleAgent(parts: AgentParts, signal: AbortSignal): Agent {
  const { config, time, random } = parts;
  const run = { id: 'unpaired_start' };
  const log = withFields(parts.log, () => ({ requestId: run.id }));
  const queue = new SignalQueue(time);
  const progress: LoopProgress = { lastProgressAt: time.instant(), busySince: undefined, nextWakeAt: undefined };
  const advance = () => {
    progress.lastProgressAt = time.instant();
  };
  const cluster = createCluster(
    {
      config,
      exchange: tellingWrites(parts.kubeExchange, advance),
      log,
      time,
      random,
      onChange: (change) => queue.add(toSignal(change)),
      ...(parts.watchTimings && { watchTimings: parts.watchTimings }),
    },
    signal,
  );
  const correlationId = () => {
    advance();
    return run.id;
  };
  const asked = { calls: 0, refusals: 0 };
  const onAsked = (call: AskedCall) => {
    asked.calls += 1;
    if (call.outcome === 'RateLimited') asked.refusals += 1;
    parts.observer?.onCall(call);
  };
  const compass = openCompass({ ...parts, readMemory: createReadMemory(cluster), log, correlationId, onAsked });
  const announceRun = (id: string) => {
    run.id = id;
  };
  const { keys, uniqueId, registerSecret } = parts;
  const made = createDoers({ cluster, compass, config, keys, uniqueId, time, log, registerSecret, announceRun });
  const doers = parts.observer === undefined ? made : observeDoers(made, parts.observer, time);
  const startedAt = time.now();
  let known = emptyMemory;
  const loop: LoopParts<AgentMemory> = {
    async run(memory, due, nextSync, abandon) {
      const before = { ...asked };
      const { outcome, memory: after } = await runOnce(memory, { ...due, nextSync }, doers, abandon);
      known = after;
      const calls = asked.calls - before.calls;
      return { memory: after, outcome, asked: { calls, isRateLimited: asked.refusals > before.refusals } };
    },
    toRuntimeId: ({ runtimeId }) => runtimeId ?? '',
    queue,
    schedule: config.schedule,
    probeSchedule: config.probeSchedule,
    floorMs: config.minimalSyncTimeMs,
    extraReads: { followUpDelaysMs: config.followUpDelaysMs ?? [], callsPerHour: config.compassCallsPerHour },
    time,
    random,
  };
  return {
    cluster,
    progress,
    known: () => ({
      memory: known,
      ...toDeadlines(known, startedAt, config, made.toRenewAt),
      watches: cluster.watchPhases(),
      pending: new Set(queue.pending().keys()),
      isRunning: progress.busySince !== undefined,
    }),
    signal: (what) => queue.add(what),
    run: (stop, abandon) => runLoop(loop, emptyMemory, progress, stop, abandon),
    close: () => compass.directors.close(),
  };
}

/** Until when the certificate, and the last success, are as they should be. An agent that has had none had its start. */
function toDeadlines(
  { runtimeId = '', connection, sync, isResting }: AgentMemory,
  startedAt: Date,
  { schedule }: Config,
  toRenewAt: Doers['toRenewAt'],
): Pick<KnownState, 'renewAt' | 'staleAt'> {
  const { certificate } = connection;
  const lastSuccess = sync.last?.appliedAt ?? startedAt;
  return {
    renewAt: certificate && toRenewAt(certificate, runtimeId),
    staleAt: isResting ? undefined : toStaleAt(schedule, runtimeId, lastSuccess),
  };
}

function createReadMemory({ connection }: Cluster): ReadMemory {
  return {
    recall: createRecall({ connection }),
    async keep(note, signal) {
      await connection.update({ annotations: { [annotations.readMemory]: note ?? null } }, signal);
    },
  };
}

/** A large first sync takes its time; with each object that it writes it advances. Watches read on their own. */
function tellingWrites(exchange: Exchange, onWrite: () => void): Exchange {
  return interceptRequests(exchange, (request) => {
    if (request.method !== 'GET') onWrite();
    return exchange.send(request);
  });
}

/** A logger that adds what the fields are at the moment of each line. */
function withFields(log: Logger, fields: () => LogFields): Logger {
  return {
    debug: (message, own) => log.debug(message, { ...fields(), ...own }),
    info: (message, own) => log.info(message, { ...fields(), ...own }),
    warn: (message, own) => log.warn(message, { ...fields(), ...own }),
    error: (message, own) => log.error(message, { ...fields(), ...own }),
    child: (own) => withFields(log.child(own), fields),
  };
}
