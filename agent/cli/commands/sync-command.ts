import { Command, InvalidArgumentError } from 'commander';
import { formatDuration, parseDuration } from '../../domain/duration.ts';
import type { CommandContext } from '../command-context.ts';
import { toConnectionReport } from '../connection-report.ts';
import { exitCodes } from '../exit-codes.ts';
import { renderReport } from '../render-report.ts';
import { requestSync } from '../request-sync.ts';
import { tellNoConnection } from '../tell-no-connection.ts';
import { toExitCode } from '../to-exit-code.ts';
import { toKubectl } from '../to-kubectl.ts';

export function syncCommand(context: CommandContext): Command {
  return new Command('sync')
    .description('ask the agent for a synchronization now')
    .option('-w, --wait', 'wait until it has ended, and show the result', false)
    .option('-t, --timeout <duration>', 'how long to wait', parseTimeout, 120_000)
    .action(async ({ wait, timeout }: { wait: boolean; timeout: number }) =>
      context.finish(await sync(context, wait ? timeout : undefined)),
    );
}

async function sync({ edge, choose }: CommandContext, waitMs: number | undefined): Promise<number> {
  const { clock, delay, signal } = edge;
  const choice = choose();
  const store = await edge.openConnection(choice);
  const kubectl = toKubectl(choice);
  const token = `${clock().toISOString()}-${edge.uniqueText()}`;
  const outcome = await requestSync({ store, token, waitMs, kubectl, clock, delay, signal });
  switch (outcome.kind) {
    case 'no connection':
      return tellNoConnection(edge);
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
      edge.stdout(renderReport(report, clock(), edge.paint));
      return toExitCode(report);
    }
  }
}

function parseTimeout(text: string): number {
  const durationMs = parseDuration(text);
  if (durationMs === undefined) throw new InvalidArgumentError('It must be a duration such as 90s or 2m.');
  return durationMs;
}
