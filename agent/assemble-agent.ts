import type { OpenExchange } from './compass/exchange.ts';
import type { AskedCall } from './compass/graphql-transport.ts';
import { guardCalls } from './compass/guard-calls.ts';
import type { ReadMemory } from './compass/landscape-sizes.ts';
import type { Config } from './config/config.ts';
import type { KeySource } from './connection/ports.ts';
import { createDoers } from './create-doers.ts';
import { createLeader, type Leader } from './create-leader.ts';
import { annotations } from './domain/annotations.ts';
import type { Exchange } from './kube/api/exchange.ts';
import { guardWrites } from './kube/api/guard-writes.ts';
import { interceptRequests } from './kube/api/intercept-requests.ts';
import { type Cluster, createCluster, type WatchTimings } from './kube/create-cluster.ts';
import { createLeaseStore } from './kube/stores/create-lease-store.ts';
import { Campaign } from './leadership/campaign.ts';
import { type Candidate, defaultLeaseTimings, type LeaseTimings } from './leadership/decide-claim.ts';
import { LeadershipGate } from './leadership/gate.ts';
import type { LogFields, Logger } from './log/logger.ts';
import type { KnownState } from './metrics/known-state.ts';
import { observeDoers } from './metrics/observe-doers.ts';
import type { Observer } from './metrics/observer.ts';
import { createRecall, openCompass } from './open-compass.ts';
import type { AskedOfUcl } from './pace/plan-extra-reads.ts';
import type { LoopProgress } from './pace/run-loop.ts';
import { toStaleAt } from './pace/to-stale-at.ts';
import { type Signal, SignalQueue, toSignal } from './pace/triggers.ts';
import type { Doers } from './reconcile/doers.ts';
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
  /** Which of several agents this is. */
  readonly candidate: Candidate;
  readonly leaseTimings?: LeaseTimings;
  /** Is told of the end of each run; for whoever tidies up. */
  readonly onRunEnd?: () => void;
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
  /**
   * Takes part in the election, and works while it leads. Ends when `stop` aborts and the running reconciliation has
   * ended; `abandon` cuts that short.
   */
  run(stop: AbortSignal, abandon: AbortSignal): Promise<void>;
  /** Closes the connections to UCL. */
  close(): void;
}

/** Beside the record of pairing, which guards the same. */
const leaseName = 'ucl-agent';

/** Makes every part; each names only what was made before it. The watches start at once, and end when `signal` aborts. */
export function assembleAgent(parts: AgentParts, signal: AbortSignal): Agent {
  const { config, time, random } = parts;
  const runName = { id: 'unpaired_start' };
  const log = withFields(parts.log, () => ({ requestId: runName.id }));
  const queue = new SignalQueue(time);
  const progress: LoopProgress = { lastProgressAt: time.instant(), busySince: undefined, nextWakeAt: undefined };
  const advance = () => {
    progress.lastProgressAt = time.instant();
  };
  const gate = new LeadershipGate(time);
  const campaign = openCampaign(parts, gate);
  const cluster = createCluster(
    {
      config,
      exchange: guardWrites(tellingWrites(parts.kubeExchange, advance), gate),
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
    return runName.id;
  };
  const asked = countAsked(parts.observer);
  const compass = openCompass({
    ...parts,
    openCompassExchange: guardCalls(parts.openCompassExchange, gate),
    readMemory: createReadMemory(cluster),
    log,
    correlationId,
    onAsked: asked.onCall,
  });
  const announceRun = (id: string) => {
    runName.id = id;
  };
  const made: Doers = {
    ...createDoers({ ...parts, cluster, compass, log, announceRun }),
    limitations: () => [...cluster.limitations(), ...campaign.limitations()],
  };
  const doers = parts.observer === undefined ? made : observeDoers(made, parts.observer, time);
  const leader = createLeader({
    runOnce: (memory, request, abandon) => asked.during(() => runOnce(memory, request, doers, abandon)),
    schedule: config.schedule,
    probeSchedule: config.probeSchedule,
    floorMs: config.minimalSyncTimeMs,
    extraReads: { followUpDelaysMs: config.followUpDelaysMs, callsPerHour: config.compassCallsPerHour },
    queue,
    progress,
    time,
    random,
    onRunEnd: parts.onRunEnd ?? (() => undefined),
    onEnd: compass.directors.close,
    flush: cluster.flush,
  });
  return {
    cluster,
    progress,
    known: () => ({
      ...tellOfLeader(leader, config, made.toRenewAt),
      watches: cluster.watchPhases(),
      pending: new Set(queue.pending().keys()),
      isRunning: progress.busySince !== undefined,
    }),
    signal: (what) => queue.add(what),
    run: (stop, abandon) => campaign.run((term) => leader.lead(term, stop, abandon), stop),
    close: () => compass.directors.close(),
  };
}

function openCampaign(
  { config, kubeExchange, candidate, leaseTimings, time, random, log }: AgentParts,
  gate: LeadershipGate,
) {
  return new Campaign({
    store: createLeaseStore(kubeExchange, time, { ...config.pairingSecret, name: leaseName }),
    gate,
    candidate,
    timings: leaseTimings ?? defaultLeaseTimings,
    time,
    random,
    log,
  });
}

/** Counts what the runs ask of UCL. */
function countAsked(observer: Observer | undefined) {
  let calls = 0;
  let refusals = 0;
  return {
    onCall(call: AskedCall): void {
      calls += 1;
      if (call.outcome === 'RateLimited') refusals += 1;
      observer?.onCall(call);
    },
    async during<T extends object>(run: () => Promise<T>): Promise<T & { readonly asked: AskedOfUcl }> {
      const before = { calls, refusals };
      const ended = await run();
      return { ...ended, asked: { calls: calls - before.calls, isRateLimited: refusals > before.refusals } };
    },
  };
}

/**
 * What it knows, whether it leads, and until when the certificate, and the last success, are as they should be. An agent
 * that has had none had its start; of one that does not lead nothing is to be expected.
 */
function tellOfLeader(
  leader: Leader,
  { schedule }: Config,
  toRenewAt: Doers['toRenewAt'],
): Pick<KnownState, 'memory' | 'isLeading' | 'renewAt' | 'staleAt'> {
  const memory = leader.known();
  const startedAt = leader.leadingSince();
  const { runtimeId = '', connection, sync, isResting } = memory;
  const { certificate } = connection;
  const isExpected = startedAt !== undefined && !isResting;
  return {
    memory,
    isLeading: startedAt !== undefined,
    renewAt: certificate && toRenewAt(certificate, runtimeId),
    staleAt: isExpected ? toStaleAt(schedule, runtimeId, sync.last?.appliedAt ?? startedAt) : undefined,
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
