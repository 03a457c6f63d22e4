import type { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { requestCommand } from '../request-command.ts';

export function syncCommand(context: CommandContext): Command {
  return requestCommand(context, {
    kind: 'sync',
    description: 'ask the agent for a synchronization now',
    requested: 'Synchronization requested',
  });
}
