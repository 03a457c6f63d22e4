import { Command } from 'commander';
import type { CliEdge, ClusterChoice } from './cli-edge.ts';
import type { CommandContext } from './command-context.ts';
import { approveCommand } from './commands/approve-command.ts';
import { completionCommand } from './commands/completion-command.ts';
import { diffCommand } from './commands/diff-command.ts';
import { doctorCommand } from './commands/doctor-command.ts';
import { explainCommand } from './commands/explain-command.ts';
import { logsCommand } from './commands/logs-command.ts';
import { renewCommand } from './commands/renew-command.ts';
import { resumeCommand } from './commands/resume-command.ts';
import { runCommand } from './commands/run-command.ts';
import { statusCommand } from './commands/status-command.ts';
import { suspendCommand } from './commands/suspend-command.ts';
import { syncCommand } from './commands/sync-command.ts';

/** Every command, in the order of the help. */
const commands: readonly ((context: CommandContext) => Command)[] = [
  runCommand,
  statusCommand,
  syncCommand,
  renewCommand,
  suspendCommand,
  resumeCommand,
  approveCommand,
  diffCommand,
  explainCommand,
  logsCommand,
  doctorCommand,
  completionCommand,
];

/** The command line with all commands; `finish` is told the exit code of the one that ran. */
export function createProgram(edge: CliEdge, finish: (exitCode: number) => void): Command {
  const program = new Command(edge.name)
    .description(
      'Connects a Kyma cluster with the Unified Customer Landscape (UCL) and keeps its systems as Applications.',
    )
    .version(edge.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .option('--kubeconfig <file>', 'kubeconfig of the cluster (otherwise KUBECONFIG, ~/.kube/config or the Pod)')
    .option('--context <name>', 'context of the kubeconfig (otherwise the current one)')
    .exitOverride()
    .configureOutput({
      writeOut: edge.stdout,
      writeErr: edge.stderr,
      // The page that shows the help must not depend on who makes it.
      getOutHelpWidth: () => helpWidth,
      getErrHelpWidth: () => helpWidth,
    })
    .showHelpAfterError(`Try: ${edge.name} --help`)
    .addHelpText('after', helpOnExitCodes);
  const choose = (): ClusterChoice => {
    const { kubeconfig, context } = program.opts<{ kubeconfig?: string; context?: string }>();
    return {
      ...(kubeconfig === undefined ? {} : { kubeconfigFile: kubeconfig }),
      ...(context === undefined ? {} : { context }),
    };
  };
  for (const create of commands) {
    program.addCommand(create({ edge, choose, finish }).copyInheritedSettings(program));
  }
  return program;
}

const helpWidth = 80;

const helpOnExitCodes = `
Data goes to stdout, everything else to stderr. NO_COLOR=1 turns colours off.

Exit codes:
  0    done; for a command that shows the connection: it is ready
  1    the connection is not ready, is suspended or does not exist; diff: there is a difference
  2    wrong usage, or the cluster cannot be reached or refuses
  3    a defect, which stderr tells
  124  --wait: the agent did not answer in time
`;
