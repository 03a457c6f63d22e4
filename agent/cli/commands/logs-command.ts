import { Command, InvalidArgumentError, Option } from 'commander';
import { chooseAgentPod, describeMissingPod } from '../choose-agent-pod.ts';
import type { CliEdge } from '../cli-edge.ts';
import type { ClusterView, PodFacts } from '../cluster-view.ts';
import type { CommandContext } from '../command-context.ts';
import { createNarrator } from '../create-narrator.ts';
import { exitCodes } from '../exit-codes.ts';
import { namespaceOption } from '../namespace-option.ts';
import { printable } from '../render-table.ts';

interface LogsOptions {
  follow?: boolean;
  raw?: boolean;
  tail: number;
  namespace: string;
}

export function logsCommand(context: CommandContext): Command {
  return new Command('logs')
    .description("show what the agent does, from its pod's log")
    .option('-f, --follow', 'continue until Ctrl-C')
    .addOption(new Option('--tail <lines>', 'how many of the last lines').argParser(parseLines).default(200))
    .option('--raw', 'the lines as they are, one JSON object each')
    .addOption(namespaceOption('namespace of the agent'))
    .action(async (options: LogsOptions) => context.finish(await tellLog(context, options)));
}

async function tellLog({ edge, choose }: CommandContext, options: LogsOptions): Promise<number> {
  const { signal } = edge;
  const view = await edge.openCluster(choose());
  const pods = await view.listAgentPods(options.namespace, signal);
  const pod = chooseAgentPod(pods);
  if (pod === undefined) {
    edge.stderr(
      `${printable(describeMissingPod(options.namespace))}. Name another namespace by -n, or look at the Deployment compass-runtime-agent.\n`,
    );
    return exitCodes.notReady;
  }
  edge.stderr(`${describePod(pod)}\n`);
  return tellLines(edge, view, pod, options);
}

/** Where the person ends it, it is done; a container that ends while it is followed is told. */
async function tellLines(
  edge: CliEdge,
  view: ClusterView,
  pod: PodFacts,
  { tail: tailLines, follow = false, raw = false }: LogsOptions,
): Promise<number> {
  const tell = raw ? (line: string) => edge.stdout(`${line}\n`) : createTeller(edge);
  try {
    for await (const line of view.readLog({ pod, tailLines, follow }, edge.signal)) tell(line);
  } catch (error: unknown) {
    if (!edge.signal.aborted) throw error;
    return exitCodes.ok;
  }
  if (follow) edge.stderr('The log has ended: the container ended, or the pod was replaced.\n');
  return follow ? exitCodes.notReady : exitCodes.ok;
}

function createTeller({ stdout, paint }: CliEdge): (line: string) => void {
  const narrator = createNarrator(({ text, isProblem, time }) => {
    const shown = isProblem ? paint('bad', text) : text;
    stdout(`${time === '' ? '' : `${printable(time.slice(0, 19))}Z  `}${shown}\n`);
  });
  return (line) => {
    const entry = parseEntry(line);
    // Node itself writes no JSON, a crash above all.
    if (entry === undefined) stdout(`${printable(line)}\n`);
    else narrator.tell(entry);
  };
}

function parseEntry(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    return typeof parsed === 'object' && parsed !== null ? Object.fromEntries(Object.entries(parsed)) : undefined;
  } catch {
    return undefined;
  }
}

function describePod({ name, phase, isReady, restarts, why }: PodFacts): string {
  const state = [phase, ...(why === undefined ? [] : [why]), isReady ? 'ready' : 'not ready', `restarts: ${restarts}`];
  return printable(`Pod ${name} (${state.join(', ')})`);
}

function parseLines(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}
