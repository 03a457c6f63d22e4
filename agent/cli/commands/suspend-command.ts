import { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { setSuspended } from '../set-suspended.ts';

export function suspendCommand(context: CommandContext): Command {
  return new Command('suspend')
    .description('suspend the agent: until it is resumed, it sends nothing to UCL and writes nothing but its status')
    .action(async () => context.finish(await setSuspended(context, true)));
}
