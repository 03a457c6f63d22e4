import { createCompass } from './compass/create-compass.ts';
import type { Config } from './config/config.ts';
import { parseConfig, printableConfig } from './config/parse-config.ts';
import { createDoers } from './create-doers.ts';
import { longestTimerMs } from './domain/duration.ts';
import { decideLiveness } from './health/decide-liveness.ts';
import { startHealthServer } from './health/health-server.ts';
import { createKubeTransport } from './kube/api/create-kube-transport.ts';
import type { Exchange } from './kube/api/exchange.ts';
import { type Cluster, createCluster } from './kube/create-cluster.ts';
import { createLogger } from './log/create-logger.ts';
import type { LogFields, Logger } from './log/logger.ts';
import { createRedactor } from './log/redact.ts';
import { type LoopParts, type LoopProgress, runLoop } from './pace/run-loop.ts';
import { startTicker } from './pace/start-ticker.ts';
import { SignalQueue, toSignal } from './pace/triggers.ts';
import { type AgentMemory, emptyMemory } from './reconcile/memory.ts';
import { runOnce } from './reconcile/run-once.ts';
import { systemTime as time } from './time/system-time.ts';

export interface RunOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly kubeconfigFile?: string;
  readonly version: string;
  /** Is given the log as soon as there is one, for whoever ends the process. */
  readonly onLog: (log: Logger) => void;
  /** Ends the agent: what runs may end within the grace period, then it is abandoned at a safe place. */
  readonly signal: AbortSignal;
}

/** Kubernetes kills after 30 s; the agent is done within 10. */
const stopGraceMs = 6_000;
/**
 * One exchange may last 120 s (docs/contracts/compass.md#http-statuses); a run is many of them and reports progress
 * only at its end.
 */
const busyLimitMs = 15 * 60_000;
const lateLimitMs = 60_000;
/** Beyond every pause: a hold of removals lasts as long as a timer can wait. */
const farLimitMs = longestTimerMs + 60_000;

/**
 * Makes the agent and runs it until `signal` aborts. Gives the exit code: 0 after a stop, 2 for an invalid
 * configuration or a port that is taken. Throws AgentError `ConfigurationInvalid` where there is no cluster to follow;
 * anything else that it throws is a defect.
 */
export async function runAgent(options: RunOptions): Promise<number> {
  const parsed = parseConfig(options.env);
  const redactor = createRedactor();
  const base = createLogger({
    level: parsed.ok ? parsed.config.logLevel : 'info',
    format: parsed.ok ? parsed.config.logFormat : process.stdout.isTTY ? 'pretty' : 'json',
    stream: process.stdout,
    clock: time.now,
    redactor,
  });
  options.onLog(base);
  if (!parsed.ok) {
    for (const problem of parsed.problems) base.error('Invalid configuration', { ...problem });
    return 2;
  }
  const { config } = parsed;
  base.info('Starting ucl-agent', {
    version: options.version,
    // As text: by their names alone the redactor would take the names of Secrets for secrets.
    settings: Object.entries(printableConfig(config)).map(([name, value]) => `${name} ${value}`),
  });
  for (const note of parsed.notes) base.warn(note);

  const stopping = new AbortController();
  const agent = makeParts(options, config, { base, registerSecret: redactor.register }, stopping.signal);
  const health = await startHealth(config, agent.progress, agent.cluster, base);
  if (health === undefined) {
    stopping.abort();
    await agent.cluster.stop();
    return 2;
  }
  base.info('Following the cluster', { server: agent.cluster.server, healthPort: health.port });
  startTicker(config.schedule, () => agent.loop.queue.add('tick'), time, stopping.signal);

  const abandon = new AbortController();
  const beginStop = () => {
    base.info('Stopping');
    void time.sleepUntil(time.instant() + stopGraceMs, stopping.signal).then(() => abandon.abort());
  };
  options.signal.addEventListener('abort', beginStop, { once: true });
  try {
    await runLoop(agent.loop, emptyMemory, agent.progress, options.signal, abandon.signal);
  } finally {
    agent.close();
    await agent.cluster.stop();
    stopping.abort();
    await health.stop();
    base.info('Stopped');
  }
  return 0;
}

interface Parts {
  readonly cluster: Cluster;
  readonly loop: LoopParts<AgentMemory>;
  readonly progress: LoopProgress;
  /** Closes the connections to UCL. */
  close(): void;
}

/** Makes every part; each names only what was made before it. What runs is started afterwards. */
function makeParts(
  options: RunOptions,
  config: Config,
  { base, registerSecret }: { base: Logger; registerSecret: (secret: string) => void },
  signal: AbortSignal,
): Parts {
  const run = { id: 'unpaired_start' };
  const log = withFields(base, () => ({ requestId: run.id }));
  const queue = new SignalQueue(time);
  const progress: LoopProgress = { lastProgressAt: time.instant(), busySince: undefined, nextWakeAt: undefined };
  const advance = () => {
    progress.lastProgressAt = time.instant();
  };
  const cluster = createCluster(
    {
      config,
      exchange: tellingWrites(createKubeTransport(options.kubeconfigFile, time), advance),
      log,
      time,
      random: Math.random,
      onChange: (change) => queue.add(toSignal(change)),
    },
    signal,
  );
  const compass = createCompass({
    requestTimeoutMs: config.compassRequestTimeoutMs,
    maxResponseBytes: config.compassMaxResponseBytes,
    pageSize: config.compassPageSize,
    nestedPageSize: config.compassNestedPageSize,
    skipTlsVerify: config.skipCompassTlsVerify,
    queryLogging: config.queryLogging,
    log,
    userAgent: `ucl-agent/${options.version}`,
    correlationId: () => {
      advance();
      return run.id;
    },
    time,
  });
  const announceRun = (id: string) => {
    run.id = id;
  };
  const doers = createDoers({ cluster, compass, config, time, log, registerSecret, announceRun });
  return {
    cluster,
    progress,
    loop: {
      run: (memory, triggers, nextSync, abandon) => runOnce(memory, { triggers, nextSync }, doers, abandon),
      toRuntimeId: ({ runtimeId }) => runtimeId ?? '',
      queue,
      schedule: config.schedule,
      floorMs: config.minimalSyncTimeMs,
      time,
      random: Math.random,
    },
    close: () => compass.directors.close(),
  };
}

/** A large first sync takes its time; with each object that it writes it advances. Watches read on their own. */
function tellingWrites(exchange: Exchange, onWrite: () => void): Exchange {
  return {
    ...exchange,
    send(request) {
      if (request.method !== 'GET') onWrite();
      return exchange.send(request);
    },
  };
}

async function startHealth(config: Config, progress: LoopProgress, cluster: Cluster, log: Logger) {
  try {
    return await startHealthServer({
      port: config.healthPort,
      host: config.healthHost,
      liveness: () => decideLiveness({ now: time.instant(), ...progress, busyLimitMs, lateLimitMs, farLimitMs }),
      readiness: () => ({ ok: cluster.isReady(), detail: cluster.whyNotReady() ?? 'The caches follow the cluster.' }),
    });
  } catch (error: unknown) {
    if (!(error instanceof Error && 'syscall' in error && error.syscall === 'listen' && 'code' in error)) throw error;
    const { healthHost: host, healthPort: port } = config;
    const address = host === undefined ? '' : ` of ${host}`;
    const remedy = host === undefined ? '' : ', and APP_HEALTH_HOST to an address of this machine';
    log.error(
      `The agent cannot listen on port ${port}${address} (${String(error.code)}). Set APP_HEALTH_PORT to a free port${remedy}.`,
    );
    return undefined;
  }
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
