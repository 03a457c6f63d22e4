import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { type Agent, assembleAgent } from './assemble-agent.ts';
import { createHeapTidier } from './cli/create-heap-tidier.ts';
import { openMtlsExchange } from './compass/open-mtls-exchange.ts';
import type { Config } from './config/config.ts';
import { parseConfig, printableConfig } from './config/parse-config.ts';
import {
  createCertificateSigningRequest,
  generatePrivateKey,
  readSubject,
} from './connection/create-certificate-signing-request.ts';
import { longestTimerMs } from './domain/duration.ts';
import { readProxies } from './domain/read-proxies.ts';
import { decideLiveness } from './health/decide-liveness.ts';
import { startHealthServer } from './health/health-server.ts';
import { createKubeTransport } from './kube/api/create-kube-transport.ts';
import { toCandidate } from './leadership/decide-claim.ts';
import type { LogStream } from './log/create-log-stream.ts';
import { createLogger } from './log/create-logger.ts';
import type { Logger } from './log/logger.ts';
import { createRedactor } from './log/redact.ts';
import { createMetrics, type Metrics } from './metrics/create-metrics.ts';
import { followClock } from './pace/follow-clock.ts';
import { startTicker } from './pace/start-ticker.ts';
import { readHeapBytes } from './read-heap-bytes.ts';
import { systemTime as time } from './time/system-time.ts';

export interface RunOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly kubeconfigFile?: string;
  /** Of the kubeconfig; otherwise the current one. */
  readonly context?: string;
  readonly version: string;
  readonly logStream: LogStream;
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
    format: parsed.ok ? parsed.config.logFormat : options.logStream.isTTY ? 'pretty' : 'json',
    stream: options.logStream,
    clock: time.now,
    redactor,
  });
  options.onLog(base);
  if (!parsed.ok) return refuse(parsed.problems, base);
  const { config } = parsed;
  const proxies = readProxies(options.env);
  if (!proxies.ok) return refuse(proxies.problems, base);
  base.info('Starting ucl-agent', {
    version: options.version,
    // As text: by their names alone the redactor would take the names of Secrets for secrets.
    settings: Object.entries(printableConfig(config)).map(([name, value]) => `${name} ${value}`),
  });
  for (const note of parsed.notes) base.warn(note);

  const metrics = createMetrics(options.version);
  const tidyHeap = createHeapTidier();
  const stopping = new AbortController();
  const agent = assembleAgent(
    {
      config,
      kubeExchange: createKubeTransport(options.kubeconfigFile, time, options.context),
      openCompassExchange: (choice) => openMtlsExchange(choice, proxies.choose),
      keys: { generatePrivateKey, createCertificateSigningRequest, readSubject },
      time,
      random: Math.random,
      candidate: toCandidate(options.env.POD_NAME || undefined, hostname(), randomUUID()),
      uniqueId: randomUUID,
      log: base,
      registerSecret: redactor.register,
      version: options.version,
      heapLimitBytes: readHeapBytes(options.env),
      observer: metrics.observer,
      onRunEnd: () => setImmediate(tidyHeap),
    },
    stopping.signal,
  );
  const health = await startHealth(config, agent, metrics, base);
  if (health === undefined) {
    stopping.abort();
    await agent.cluster.stop();
    return 2;
  }
  base.info('Following the cluster', { server: agent.cluster.server, healthPort: health.port });
  startClocks(config, agent, stopping.signal);

  const abandon = new AbortController();
  const beginStop = () => {
    base.info('Stopping');
    void time.sleepUntil(time.instant() + stopGraceMs, stopping.signal).then(() => abandon.abort());
  };
  options.signal.addEventListener('abort', beginStop, { once: true });
  try {
    await agent.run(options.signal, abandon.signal);
  } finally {
    agent.close();
    await agent.cluster.stop();
    stopping.abort();
    await health.stop();
    base.info('Stopped');
  }
  return 0;
}

/** The schedules, and whatever sets the clock, wake the agent. */
function startClocks({ schedule, probeSchedule }: Config, agent: Agent, stop: AbortSignal): void {
  startTicker(schedule, () => agent.signal('tick'), time, stop);
  if (probeSchedule !== undefined) startTicker(probeSchedule, () => agent.signal('probe-tick'), time, stop);
  void followClock(() => agent.signal('clock'), time, stop);
}

function refuse(problems: readonly object[], log: Logger): number {
  for (const problem of problems) log.error('Invalid configuration', { ...problem });
  return 2;
}

async function startHealth(config: Config, { progress, cluster, known }: Agent, metrics: Metrics, log: Logger) {
  try {
    return await startHealthServer({
      port: config.healthPort,
      host: config.healthHost,
      liveness: () => decideLiveness({ now: time.instant(), ...progress, busyLimitMs, lateLimitMs, farLimitMs }),
      readiness: () => ({ ok: cluster.isReady(), detail: cluster.whyNotReady() ?? 'The caches follow the cluster.' }),
      metrics: async () => ({ contentType: metrics.contentType, text: await metrics.render(known()) }),
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
