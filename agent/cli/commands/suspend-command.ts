import { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { setSuspended } from '../set-suspended.ts';

export function suspendCommand(context: CommandContext): Command {
  return new Command('suspend')
    .description('let the agent send nothing to UCL and write nothing but its status, until it is resumed')
    .action(async () => context.finish(await setSuspended(context, true)));
}
