import { Command, InvalidArgumentError, Option } from 'commander';
import { formatDuration, parseDuration } from '../domain/duration.ts';
import type { RequestKind } from '../domain/request-kinds.ts';
import { askAgent } from './ask-agent.ts';
import type { CommandContext } from './command-context.ts';
import { toConnectionReport } from './connection-report.ts';
import { exitCodes } from './exit-codes.ts';
import { renderReport } from './render-report.ts';
import { tellNoConnection } from './tell-no-connection.ts';
import { toExitCode } from './to-exit-code.ts';
import { toKubectl } from './to-kubectl.ts';

export interface RequestedThing {
  /** Also the name of the command. */
  readonly kind: RequestKind;
  readonly description: string;
  /** The beginning of the sentence that says it is asked for. */
  readonly requested: string;
}

/** A command that asks the agent for something, and waits for the end of it where it is told to. */
export function requestCommand(context: CommandContext, thing: RequestedThing): Command {
  return new Command(thing.kind)
    .description(thing.description)
    .option('-w, --wait', 'wait until it has ended, and show the result')
    .addOption(
      new Option('-t, --timeout <duration>', 'how long to wait').argParser(parseTimeout).default(120_000, '2m'),
    )
    .action(async ({ wait = false, timeout }: { wait?: boolean; timeout: number }) =>
      context.finish(await ask(context, thing, wait ? timeout : undefined)),
    );
}

async function ask(
  { edge, choose }: CommandContext,
  { kind, requested }: RequestedThing,
  waitMs: number | undefined,
): Promise<number> {
  const { clock, delay, signal } = edge;
  const choice = choose();
  const { connection: store } = await edge.openCluster(choice);
  const kubectl = toKubectl(choice);
  const token = `${clock().toISOString()}-${edge.uniqueText()}`;
  const outcome = await askAgent({ store, kind, token, waitMs, kubectl, clock, delay, signal });
  switch (outcome.kind) {
    case 'no connection':
      return tellNoConnection(edge);
    case 'suspended':
      edge.stderr(`The connection is suspended; nothing was requested. Resume it first:\n  ${outcome.resumeCommand}\n`);
      return exitCodes.notReady;
    case 'requested':
      edge.stdout(`${requested} (${token}).\n`);
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
