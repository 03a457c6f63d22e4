import { Command, Option } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { formats, type ReportFormat } from '../format-report.ts';
import { tellNoConnection } from '../tell-no-connection.ts';
import { toExitCode } from '../to-exit-code.ts';
import { toKubectl } from '../to-kubectl.ts';
import { viewConnection } from '../view-connection.ts';
import { watchConnection } from '../watch-connection.ts';

interface StatusOptions {
  output: ReportFormat;
  watch?: boolean;
}

export function statusCommand(context: CommandContext): Command {
  return new Command('status')
    .description('show the state of the connection, the certificate and the last synchronization')
    .addOption(new Option('-o, --output <format>', 'output format').choices(formats).default('text'))
    .option('-w, --watch', 'show it again whenever it changes, until Ctrl-C')
    .action(async (options: StatusOptions) => context.finish(await showStatus(context, options)));
}

async function showStatus({ edge, choose }: CommandContext, { output, watch = false }: StatusOptions): Promise<number> {
  const choice = choose();
  const { connection: store } = await edge.openCluster(choice);
  const view = { format: output, kubectl: toKubectl(choice), paint: edge.paint };
  if (watch) return watchConnection(edge, store, view);
  const connection = await store.read(edge.signal);
  if (connection === undefined) return tellNoConnection(edge);
  const { text, report } = viewConnection(connection, edge.clock(), view);
  edge.stdout(text);
  return toExitCode(report);
}
