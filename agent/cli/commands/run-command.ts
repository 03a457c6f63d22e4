import { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';

export function runCommand({ edge, choose, finish }: CommandContext): Command {
  return new Command('run')
    .description('run the agent until it receives SIGTERM or SIGINT; APP_... environment variables configure it')
    .action(async () => finish(await edge.runAgent(choose())));
}
