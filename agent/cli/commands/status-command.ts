import { Command, Option } from 'commander';
import { toShownJson } from '../../domain/to-shown-text.ts';
import type { CommandContext } from '../command-context.ts';
import { toConnectionReport } from '../connection-report.ts';
import { renderReport } from '../render-report.ts';
import { tellNoConnection } from '../tell-no-connection.ts';
import { toExitCode } from '../to-exit-code.ts';
import { toKubectl } from '../to-kubectl.ts';

type Format = 'text' | 'json';

export function statusCommand(context: CommandContext): Command {
  return new Command('status')
    .description('show the state of the connection, the certificate and the last synchronization')
    .addOption(new Option('-o, --output <format>', 'output format').choices(['text', 'json']).default('text'))
    .action(async ({ output }: { output: Format }) => context.finish(await showStatus(context, output)));
}

async function showStatus({ edge, choose }: CommandContext, output: Format): Promise<number> {
  const choice = choose();
  const store = await edge.openConnection(choice);
  const connection = await store.read(edge.signal);
  if (connection === undefined) return tellNoConnection(edge);
  const report = toConnectionReport(connection, edge.clock(), toKubectl(choice));
  edge.stdout(output === 'json' ? `${toShownJson(report, 2)}\n` : renderReport(report, edge.clock(), edge.paint));
  return toExitCode(report);
}
