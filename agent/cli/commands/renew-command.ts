import type { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { requestCommand } from '../request-command.ts';

export function renewCommand(context: CommandContext): Command {
  return requestCommand(context, {
    kind: 'renew',
    description:
      'ask the agent for a new client certificate now; the old one is used until a call with the new one has succeeded',
    requested: 'Renewal requested',
  });
}
