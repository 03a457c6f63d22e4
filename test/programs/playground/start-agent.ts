import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { isJsonObject, type JsonObject } from '../../servers/kube-api/kube-object.ts';
import type { SecretNames } from './playground-cluster.ts';

export interface AgentOptions {
  /** Path of the bundle: what runs is what is delivered. */
  readonly program: string;
  readonly kubeconfigFile: string;
  readonly names: SecretNames;
  /** PEM file with the authority of UCL's servers. */
  readonly caFile: string;
  /** When the agent reads UCL by itself, as a cron expression with seconds. */
  readonly schedule: string;
  /** Settings that differ from those of the playground. */
  readonly env?: Readonly<Record<string, string>>;
  readonly nodeOptions?: readonly string[];
  /** Each line of the agent's log, parsed. */
  readonly onLog: (line: JsonObject) => void;
}

/** The agent as a process of its own. */
export interface AgentProcess {
  readonly pid: number;
  /** Resolves when the process has ended, with a sentence about how. Never rejects. */
  readonly ended: Promise<string>;
  /** Resident memory now, in MiB. */
  readRssMiB(): number;
  /** A line on its stdin, for what a test loaded into it. */
  tell(line: string): void;
  /** Ends it, by force where it does not end by itself within 12 s. */
  stop(): Promise<void>;
}

const root = join(import.meta.dirname, '../../..');
const endWithStarter = join(import.meta.dirname, 'end-with-starter.ts');
const patienceMs = 12_000;

/** Starts `ucl-agent run` against a cluster. */
export function startAgent(options: AgentOptions): AgentProcess {
  const child = spawn(
    process.execPath,
    [...(options.nodeOptions ?? []), options.program, 'run', '--kubeconfig', options.kubeconfigFile],
    // In a group of its own, so that Ctrl-C reaches the playground alone, which ends everything in order.
    { cwd: root, env: toEnvironment(options), stdio: ['pipe', 'pipe', 'pipe'], detached: true },
  );
  const pid = child.pid ?? 0;
  let lastWords = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-2_000);
  });
  createInterface(child.stdout).on('line', (text) => {
    const line = parseLine(text);
    if (line !== undefined) options.onLog(line);
  });
  const endAtExit = () => child.kill('SIGKILL');
  process.once('exit', endAtExit);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`The agent could not be started: ${error.message}`));
    child.once('close', (code, signal) => {
      process.off('exit', endAtExit);
      resolve(`The agent has ended (${signal ?? `code ${code}`}). ${lastWords}`.trim());
    });
  });
  return {
    pid,
    ended,
    readRssMiB: () => readRssMiB(pid),
    tell: (line) => void child.stdin.write(`${line}\n`),
    async stop() {
      child.kill('SIGTERM');
      const tooLate = new AbortController();
      const force = async () => {
        await sleep(patienceMs, undefined, { signal: tooLate.signal });
        child.kill('SIGKILL');
      };
      await Promise.race([ended, force().catch(() => undefined)]);
      await ended;
      tooLate.abort();
    },
  };
}

function toEnvironment({ names, caFile, schedule, env }: AgentOptions): NodeJS.ProcessEnv {
  // Settings of the person's shell are meant for another agent.
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('APP_'));
  return {
    ...Object.fromEntries(inherited),
    NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import=${pathToFileURL(endWithStarter).href}`.trim(),
    NODE_EXTRA_CA_CERTS: caFile,
    APP_AGENT_CONFIGURATION_SECRET: names.configuration,
    APP_CLUSTER_CERTIFICATES_SECRET: names.clientCertificate,
    APP_CA_CERTIFICATES_SECRET: names.ca,
    APP_PAIRING_SECRET: names.pairing,
    APP_RUNTIME_EVENTS_URL: 'https://gateway.playground.example',
    APP_RUNTIME_CONSOLE_URL: 'https://console.playground.example',
    APP_SYNC_SCHEDULE: schedule,
    APP_MINIMAL_COMPASS_SYNC_TIME: '5s',
    // Nobody else on the network is meant to see it.
    APP_HEALTH_HOST: '127.0.0.1',
    APP_HEALTH_PORT: '0',
    APP_LOG_FORMAT: 'json',
    ...env,
  };
}

function parseLine(text: string): JsonObject | undefined {
  try {
    const line: unknown = JSON.parse(text);
    return isJsonObject(line) ? line : undefined;
  } catch {
    // Whatever else a process may print on its stdout.
    return undefined;
  }
}

function readRssMiB(pid: number): number {
  return Math.round((readRssKiB(pid) / 1024) * 10) / 10;
}

function readRssKiB(pid: number): number {
  if (process.platform === 'linux') {
    const [, kib = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kib);
  }
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }));
}
