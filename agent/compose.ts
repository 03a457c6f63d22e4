import { setTimeout as sleep } from 'node:timers/promises';
import { createCompass } from './compass/create-compass.ts';
import type { Config } from './config/config.ts';
import { parseConfig, printableConfig } from './config/parse-config.ts';
import { decideLiveness } from './health/decide-liveness.ts';
import { startHealthServer } from './health/health-server.ts';
import { createKubeTransport } from './kube/api/kube-transport.ts';
import { createCluster } from './kube/create-cluster.ts';
import { createLogger } from './log/create-logger.ts';
import type { LogFields, Logger } from './log/logger.ts';
import { createRedactor } from './log/redact.ts';
import { CompassLink } from './loop/compass-link.ts';
import { type LoopProgress, runLoop, toTrigger } from './loop/loop.ts';
import { Reconciler } from './loop/reconciler.ts';
import { createSchedule, toPhaseShare } from './loop/schedule.ts';
import { Synchronizer } from './loop/synchronizer.ts';
import { TriggerQueue } from './loop/triggers.ts';
import { systemTime } from './time/system-time.ts';

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
/** One exchange may last 120 s (Compass contract 2); a run is many of them and reports progress only at its end. */
const busyLimitMs = 15 * 60_000;
const lateLimitMs = 60_000;

/**
 * Wires the agent and runs it until `signal` aborts. Gives the exit code: 0 after a stop, 2 for an invalid
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
    redactor,
  });
  options.onLog(base);
  if (!parsed.ok) {
    for (const problem of parsed.problems) base.error('Invalid configuration', { ...problem });
    return 2;
  }
  const { config } = parsed;
  let requestId = 'unpaired_start';
  const log = withFields(base, () => ({ requestId }));
  base.info('Starting ucl-agent', {
    version: options.version,
    // As text: by their names alone the redactor would take the names of Secrets for secrets.
    settings: Object.entries(printableConfig(config)).map(([name, value]) => `${name} ${value}`),
  });
  for (const note of parsed.notes) base.warn(note);

  const stopping = new AbortController();
  const progress: LoopProgress = { lastProgressAt: Date.now(), busySince: undefined, nextWakeAt: undefined };
  const queue = new TriggerQueue();
  const agent = assemble(
    { ...options, config, log, registerSecret: redactor.register, queue },
    stopping.signal,
    (id) => {
      requestId = id;
    },
  );
  const health = await startHealth(config, progress, agent.cluster, base);
  if (health === undefined) {
    stopping.abort();
    await agent.cluster.stop();
    return 2;
  }
  base.info('Following the cluster', { server: agent.cluster.server, healthPort: health.port });

  const abandon = new AbortController();
  const beginStop = () => {
    base.info('Stopping');
    void sleep(stopGraceMs, undefined, { ref: false }).then(() => abandon.abort());
  };
  options.signal.addEventListener('abort', beginStop, { once: true });
  try {
    agent.schedule.start(() => toPhaseShare(agent.reconciler.runtimeId ?? ''));
    await runLoop({ ...agent, queue, config, clock, random: Math.random }, progress, options.signal, abandon.signal);
  } finally {
    agent.schedule.stop();
    agent.link.close();
    await agent.cluster.stop();
    stopping.abort();
    await health.stop();
    base.info('Stopped');
  }
  return 0;
}

const clock = () => new Date();

const delay = async (ms: number, signal: AbortSignal): Promise<void> => {
  // An abort is told by the signal itself, to whoever waits.
  await sleep(ms, undefined, { signal }).catch(() => undefined);
};

interface Assembly {
  readonly config: Config;
  readonly log: Logger;
  readonly version: string;
  readonly kubeconfigFile?: string;
  readonly registerSecret: (secret: string) => void;
  readonly queue: TriggerQueue;
}

/**
 * Makes every part. A part may only name what was made before it, in closures too: whatever needs a later one gets it
 * when it is started, after all are made. The watches begin at once, and know the queue alone.
 */
function assemble(assembly: Assembly, signal: AbortSignal, onCorrelationId: (id: string) => void) {
  const { config, log, queue, registerSecret } = assembly;
  let correlationId = 'unpaired_start';
  const cluster = createCluster(
    {
      config,
      exchange: createKubeTransport(assembly.kubeconfigFile, systemTime),
      log,
      time: systemTime,
      random: Math.random,
      onChange: (change) => queue.add(toTrigger(change)),
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
    userAgent: `ucl-agent/${assembly.version}`,
    correlationId: () => correlationId,
    delay,
  });
  const link = new CompassLink({ ...cluster, ...compass }, config, { clock, log, registerSecret });
  const synchronizer = new Synchronizer(cluster, { config, clock, delay, log });
  const schedule = createSchedule(config.schedule, () => queue.add('schedule'), clock);
  const reconciler = new Reconciler(cluster, {
    link,
    synchronizer,
    config,
    clock,
    log,
    nextRunAt: schedule.nextRunAt,
    setCorrelationId: (id) => {
      correlationId = id;
      onCorrelationId(id);
    },
  });
  return { cluster, link, schedule, reconciler };
}

async function startHealth(
  config: Config,
  progress: LoopProgress,
  cluster: { isReady(): boolean; whyNotReady(): string | undefined },
  log: Logger,
) {
  try {
    return await startHealthServer({
      port: config.healthPort,
      liveness: () => decideLiveness({ now: Date.now(), ...progress, busyLimitMs, lateLimitMs }),
      readiness: () => ({ ok: cluster.isReady(), detail: cluster.whyNotReady() ?? 'The caches follow the cluster.' }),
    });
  } catch (error: unknown) {
    if (!(error instanceof Error && 'syscall' in error && error.syscall === 'listen' && 'code' in error)) throw error;
    log.error(`Port ${config.healthPort} cannot be had (${error.code}). Set APP_HEALTH_PORT to a free port.`);
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
