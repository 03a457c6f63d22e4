#!/usr/bin/env node
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { styleText } from 'node:util';
import type { AgentSide } from './cli/agent-side.ts';
import type { ClusterChoice, Paint, Tone } from './cli/cli-edge.ts';
import type { ClusterView } from './cli/cluster-view.ts';
import { decideHeapFlags } from './cli/decide-heap-flags.ts';
import { exitCodes } from './cli/exit-codes.ts';
import { readMemoryLimit } from './cli/read-memory-limit.ts';
import { toKubectl } from './cli/to-kubectl.ts';
import { parseWholeNumber } from './config/parse-values.ts';
import { AgentError, isAgentError } from './errors/agent-error.ts';
import { createLogStream, type LogStream } from './log/create-log-stream.ts';
import type { Logger } from './log/logger.ts';

/** The process: arguments, environment, signals, streams and the exit code. Rooms are loaded when they are needed. */

/** Put in by the build. */
declare const UCL_AGENT_VERSION: string;

/** The agent ends by itself within 10 s of a signal; this is for the case that it does not. */
const hardStopMs = 12_000;

/** How long the end waits for a reader that does not read. */
const outputSettleMs = 1_000;

/** What the agent runs on. 24.5 is the first whose connections go through a proxy. */
const agentsNode = [24, 5] as const;
/** What the commands run on, of which none but those through a proxy need more. */
const commandsNode = [22, 19] as const;

const clock = () => new Date();

async function delay(durationMs: number, signal: AbortSignal): Promise<void> {
  await sleep(durationMs, undefined, { signal });
}

function readVersion(): string {
  if (typeof UCL_AGENT_VERSION === 'string') return UCL_AGENT_VERSION;
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const known = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  return known ? String(manifest.version) : 'unknown';
}

/** An older Node lacks what the agent is built on, which would look like a defect or like a dead cluster. */
function requireNode(oldest: readonly [major: number, minor: number]): void {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return;
  throw new AgentError(
    'ConfigurationInvalid',
    `Node ${oldest.join('.')} or newer is needed, and this is ${process.version}.`,
    {
      next: 'stall',
      remedy: `In a clone of the project, node_modules/.bin/node is Node ${agentsNode[0]}, and every npm script runs on it.`,
    },
  );
}

/** Without it Node opens its debugger on SIGUSR1, to whoever reaches the port. */
const withoutDebugger = '--disable-sigusr1';

/** With it the agent can give memory back between its runs (create-heap-tidier.ts). */
const withCollection = '--expose-gc';

/**
 * V8's first compiler makes code that is little faster and stays in memory: 5 MiB with 10 systems. Without it, a first sync
 * of 1,000 systems takes a tenth more of the processor, and a sync that changes nothing as much as before.
 */
const withoutBaselineCode = '--no-sparkplug';

/**
 * glibc would give each thread of Node an arena of its own, which keeps what was freed; and it would learn from large
 * buffers to keep room for more of them. With 1,000 systems this saves 12 MiB.
 */
const allocatorSettings = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '32768', MALLOC_TRIM_THRESHOLD_: '65536' };

/**
 * Starts the program anew in this very process, with a limited heap and without a debugger. Returns where that is not
 * needed or not possible.
 */
function startAnew(): void {
  const heapFlags = decideHeapFlags({
    execArgv: process.execArgv,
    nodeOptions: process.env.NODE_OPTIONS ?? '',
    requestedMiB: parseWholeNumber(process.env.APP_MAX_HEAP_MIB?.trim() ?? '', 32, 65_536),
    memoryLimitBytes: readMemoryLimit(),
  });
  const others = [withoutDebugger, withCollection, withoutBaselineCode].filter(
    (flag) => !process.execArgv.includes(flag),
  );
  const flags = [...(heapFlags ?? []), ...others];
  if (flags.length === 0 || process.execve === undefined || process.platform === 'win32') return;
  try {
    process.execve(process.execPath, [process.execPath, ...process.execArgv, ...flags, ...process.argv.slice(1)], {
      ...allocatorSettings,
      ...process.env,
    });
  } catch {
    // The agent works without the limit too, with more memory.
  }
}

async function runAgent(
  choice: ClusterChoice,
  log: ProcessLog,
  logStream: LogStream,
  signal: AbortSignal,
): Promise<number> {
  try {
    requireNode(agentsNode);
    startAnew();
    signal.addEventListener('abort', () => setTimeout(() => process.exit(1), hardStopMs).unref(), { once: true });
    const { runAgent: run } = await import('./compose.ts');
    const logFormat = process.env.APP_LOG_FORMAT ?? (process.stdout.isTTY ? 'pretty' : undefined);
    return await run({
      env: { ...process.env, APP_LOG_FORMAT: logFormat },
      version: readVersion(),
      signal,
      logStream,
      onLog: log.use,
      ...choice,
    });
  } catch (error: unknown) {
    // Defects are told where those of all commands are.
    if (!isAgentError(error)) throw error;
    const { reason, message, remedy } = error;
    (await log.open()).error(message, { reason, remedy });
    return reason === 'ConfigurationInvalid' ? exitCodes.unusable : exitCodes.defect;
  }
}

async function openCluster(choice: ClusterChoice, log: ProcessLog): Promise<ClusterView> {
  requireNode(commandsNode);
  const [{ openClusterView }, { systemTime }] = await Promise.all([
    import('./kube/open-cluster-view.ts'),
    import('./time/system-time.ts'),
  ]);
  return openClusterView(choice, { kubectl: toKubectl(choice), log: await log.open(), time: systemTime });
}

async function openAgentSide(choice: ClusterChoice): Promise<AgentSide> {
  requireNode(agentsNode);
  const [{ openAgentSide: open }, { createLogger }, { createRedactor }] = await Promise.all([
    import('./open-agent-side.ts'),
    import('./log/create-logger.ts'),
    import('./log/redact.ts'),
  ]);
  const redactor = createRedactor();
  return open({
    ...choice,
    ...{ env: process.env, version: readVersion(), kubectl: toKubectl(choice), registerSecret: redactor.register },
    log: createLogger({ level: 'error', format: 'pretty', stream: process.stderr, clock, redactor }),
  });
}

const tones = { good: 'green', bad: 'red', warning: 'yellow', heading: 'bold' } as const satisfies Record<Tone, string>;

/** `styleText` knows whether stdout is a terminal, and NO_COLOR, NODE_DISABLE_COLORS and FORCE_COLOR. */
const paint: Paint = (tone, text) => styleText(tones[tone], text, { stream: process.stdout });

/** Where the process itself tells what ends it. */
interface ProcessLog {
  open(): Promise<Logger>;
  /** From now on this one, with its redactor. */
  use(log: Logger): void;
}

/** The stream is that of everything else: the agent's log is on stdout, a command's results leave stderr to problems. */
function createProcessLog(isAgent: boolean, logStream: LogStream): ProcessLog {
  const stream = isAgent ? logStream : process.stderr;
  const format = isAgent && !process.stdout.isTTY ? 'json' : 'pretty';
  let present: Logger | undefined;
  return {
    async open() {
      const { createLogger } = await import('./log/create-logger.ts');
      present ??= createLogger({ level: 'error', format, stream, clock });
      return present;
    },
    use(log) {
      present = log;
    },
  };
}

/** Node prints an uncaught error whole, with whatever a library put into it; a line of the log says what may be said. */
async function tellDefect(log: ProcessLog, error: unknown): Promise<void> {
  (await log.open()).error('Ending because of a defect', { error: error instanceof Error ? error : typeof error });
}

/** What comes while the process ends already would be told beside its cause, and is mostly its consequence. */
function endOnDefects(isAgent: boolean, log: ProcessLog): void {
  const end = (error: unknown) => {
    process.off('uncaughtException', end).off('unhandledRejection', end);
    process.on('uncaughtException', () => undefined).on('unhandledRejection', () => undefined);
    void tellDefect(log, error).finally(() => process.exit(isAgent ? exitCodes.defect : exitCodes.broken));
  };
  process.on('uncaughtException', end).on('unhandledRejection', end);
}

/** What cannot be written must not end the agent, whose log finds another way; a command has nothing else to do. */
function surviveLostReaders(isAgent: boolean): void {
  process.stderr.on('error', () => undefined);
  process.stdout.on('error', (error: unknown) => {
    if (isAgent) return;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    // A reader that has seen enough (`| head`) is no problem.
    if (code === 'EPIPE') process.exit(exitCodes.ok);
    process.stderr.write(`The result cannot be written to stdout (${code}).\n`);
    process.exit(exitCodes.unusable);
  });
}

async function main(): Promise<number> {
  // Where the program was not started with the flag: a listener of one's own takes the place of the debugger.
  process.on('SIGUSR1', () => undefined);
  const program = basename(process.argv[1] ?? '').replace(/\.[jt]s$/, '');
  const given = process.argv.slice(2);
  // The module's manager starts its image by the Go agent's name, without arguments.
  const args = program === 'compass-runtime-agent' && given.length === 0 ? ['run'] : given;
  const isAgent = args.includes('run');
  const logStream = createLogStream(process.stdout, process.stderr);
  const log = createProcessLog(isAgent, logStream);
  surviveLostReaders(isAgent);
  endOnDefects(isAgent, log);
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort());

  const { runCli } = await import('./cli/run-cli.ts');
  return runCli(args, {
    name: program === 'kubectl-ucl' ? 'kubectl ucl' : 'ucl-agent',
    version: readVersion(),
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => process.stderr.write(text),
    paint,
    isTerminal: process.stdout.isTTY === true,
    clock,
    delay,
    env: process.env,
    uniqueText: randomUUID,
    probe: async (url) => (await import('./cli/probe-address.ts')).probeAddress(url),
    signal: stop.signal,
    tellDefect: (error) => tellDefect(log, error),
    runAgent: (choice) => runAgent(choice, log, logStream, stop.signal),
    openCluster: (choice) => openCluster(choice, log),
    openAgentSide,
  });
}

/** What was written is on its way still, or about to be refused: an exit would hide both. */
async function settleOutput(): Promise<void> {
  const written = [process.stdout, process.stderr].map(
    (stream) => new Promise<void>((resolve) => stream.write('', () => resolve())),
  );
  await Promise.race([Promise.all(written), sleep(outputSettleMs)]);
}

const exitCode = await main();
await settleOutput();
process.exit(exitCode);
