import { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { setSuspended } from '../set-suspended.ts';

export function resumeCommand(context: CommandContext): Command {
  return new Command('resume')
    .description('resume a suspended agent; it reads UCL at once')
    .action(async () => context.finish(await setSuspended(context, false)));
}
