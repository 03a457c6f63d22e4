import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { formatDuration, parseDuration } from '../domain/duration.ts';
import { toShownJson } from '../domain/to-shown-text.ts';
import { isAgentError } from '../errors/agent-error.ts';
import { explain } from '../errors/explain.ts';
import type { ConnectionStore } from '../reconcile/ports.ts';
import { type ConnectionReport, toConnectionReport } from './connection-report.ts';
import { exitCodes } from './exit-codes.ts';
import { explainKeptOptions } from './explain-kept-options.ts';
import { renderReport } from './render-report.ts';
import { requestSync } from './request-sync.ts';
import { shellWord } from './shell-word.ts';

/** What the commands need of the process and of the other rooms. */
export interface CliEdge {
  /** How a person calls the program, for its help. */
  name: string;
  version: string;
  /** Results; texts end with a line break. */
  stdout: (text: string) => void;
  /** Problems and progress. */
  stderr: (text: string) => void;
  clock: () => Date;
  delay: (durationMs: number, signal: AbortSignal) => Promise<void>;
  /** The environment, as far as npm tells in it what it did with the command line. */
  env: Readonly<Record<string, string | undefined>>;
  /** A text that never repeats. */
  uniqueText: () => string;
  /** Aborts when the person gives up. */
  signal: AbortSignal;
  /** Tells what nobody foresaw, without what a foreign message may carry. */
  tellDefect: (error: unknown) => Promise<void>;
  /** Runs the agent until it is told to stop; gives the exit code. */
  runAgent: (options: ClusterChoice) => Promise<number>;
  openConnection: (options: ClusterChoice) => Promise<ConnectionStore>;
}

export interface ClusterChoice {
  kubeconfigFile?: string;
}

/** Runs one command line (without the program's name in it) and gives the exit code. Does not throw. */
export async function runCli(args: readonly string[], edge: CliEdge): Promise<number> {
  let exitCode: number = exitCodes.ok;
  const program = createProgram(edge, (code) => {
    exitCode = code;
  });
  const kept = explainKeptOptions(program, args, edge.env);
  if (kept !== undefined) {
    edge.stderr(`${kept}\n`);
    return exitCodes.unusable;
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error: unknown) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.unusable;
    const failure = describeFailure(error, edge.signal);
    if (failure === undefined) {
      await edge.tellDefect(error);
      return exitCodes.defect;
    }
    edge.stderr(`${failure}\n`);
    return exitCodes.unusable;
  }
}

function createProgram(edge: CliEdge, finish: (exitCode: number) => void): Command {
  const program = new Command(edge.name)
    .description(
      'Connects a Kyma cluster with the Unified Customer Landscape (UCL) and keeps its systems as Applications.',
    )
    .version(edge.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .option('--kubeconfig <file>', 'kubeconfig of the cluster (otherwise KUBECONFIG, ~/.kube/config or the Pod)')
    .exitOverride()
    .configureOutput({ writeOut: edge.stdout, writeErr: edge.stderr })
    .showHelpAfterError(`Try: ${edge.name} --help`)
    .addHelpText('after', helpOnExitCodes);
  const cluster = (): ClusterChoice => {
    const { kubeconfig } = program.opts<{ kubeconfig?: string }>();
    return kubeconfig === undefined ? {} : { kubeconfigFile: kubeconfig };
  };

  program
    .command('run')
    .description('run the agent until it receives SIGTERM or SIGINT; APP_... environment variables configure it')
    .action(async () => finish(await edge.runAgent(cluster())));

  program
    .command('status')
    .description('show the state of the connection, the certificate and the last synchronization')
    .addOption(new Option('-o, --output <format>', 'output format').choices(['text', 'json']).default('text'))
    .action(async ({ output }: { output: 'text' | 'json' }) => finish(await status(edge, cluster(), output)));

  program
    .command('sync')
    .description('ask the agent for a synchronization now')
    .option('-w, --wait', 'wait until it has ended, and show the result', false)
    .option('-t, --timeout <duration>', 'how long to wait', parseTimeout, 120_000)
    .action(async ({ wait, timeout }: { wait: boolean; timeout: number }) =>
      finish(await sync(edge, cluster(), wait ? timeout : undefined)),
    );
  return program;
}

const helpOnExitCodes = `
Exit codes of status and sync:
  0    the connection is ready (sync without --wait: the sync is requested)
  1    the connection is not ready, is suspended or does not exist; or a defect, which stderr tells
  2    wrong usage, or the cluster cannot be reached
  124  sync --wait: the agent did not answer in time
`;

async function status(edge: CliEdge, choice: ClusterChoice, output: 'text' | 'json'): Promise<number> {
  const store = await edge.openConnection(choice);
  const connection = await store.read(edge.signal);
  if (connection === undefined) return noConnection(edge);
  const report = toConnectionReport(connection, edge.clock(), toKubectl(choice));
  edge.stdout(output === 'json' ? `${toShownJson(report, 2)}\n` : renderReport(report, edge.clock()));
  return toExitCode(report);
}

async function sync(edge: CliEdge, choice: ClusterChoice, waitMs: number | undefined): Promise<number> {
  const { clock, delay, signal } = edge;
  const store = await edge.openConnection(choice);
  const kubectl = toKubectl(choice);
  const token = `${clock().toISOString()}-${edge.uniqueText()}`;
  const outcome = await requestSync({ store, token, waitMs, kubectl, clock, delay, signal });
  switch (outcome.kind) {
    case 'no connection':
      return noConnection(edge);
    case 'suspended':
      edge.stderr(`The connection is suspended; nothing was requested. Resume it first:\n  ${outcome.resumeCommand}\n`);
      return exitCodes.notReady;
    case 'requested':
      edge.stdout(`Synchronization requested (${token}).\n`);
      return exitCodes.ok;
    case 'timed out': {
      const cause = outcome.lastError === undefined ? '' : ` The last read failed: ${outcome.lastError.message}.`;
      edge.stderr(
        `The agent did not answer within ${formatDuration(waitMs ?? 0)}. Is it running? See its log.${cause}\n`,
      );
      return exitCodes.timedOut;
    }
    case 'handled': {
      const report = toConnectionReport(outcome.connection, clock(), kubectl);
      edge.stdout(renderReport(report, clock()));
      return toExitCode(report);
    }
  }
}

/** A command that is printed must not hit another cluster than the one that was looked at. */
function toKubectl({ kubeconfigFile }: ClusterChoice): string {
  return kubeconfigFile === undefined ? 'kubectl' : `kubectl --kubeconfig ${shellWord(kubeconfigFile)}`;
}

function noConnection(edge: CliEdge): number {
  edge.stderr(
    'There is no CompassConnection in this cluster: the agent has not run yet, or has found no configuration Secret. See its log.\n',
  );
  return exitCodes.notReady;
}

function toExitCode(report: ConnectionReport): number {
  return report.ready.status === 'True' && !report.suspended ? exitCodes.ok : exitCodes.notReady;
}

function parseTimeout(text: string): number {
  const durationMs = parseDuration(text);
  if (durationMs === undefined) throw new InvalidArgumentError('It must be a duration such as 90s or 2m.');
  return durationMs;
}

/** What a person is told; undefined for what nobody foresaw. */
function describeFailure(error: unknown, signal: AbortSignal): string | undefined {
  const isAbort = error === signal.reason || (error instanceof Error && error.name === 'AbortError');
  if (signal.aborted && (isAbort || isAgentError(error))) return 'Interrupted.';
  return isAgentError(error) ? explain(error) : undefined;
}
