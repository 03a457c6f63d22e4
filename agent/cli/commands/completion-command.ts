import { Argument, Command } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { completionScript, type Shell, shells } from '../completion-scripts.ts';
import { exitCodes } from '../exit-codes.ts';

export function completionCommand({ edge, finish }: CommandContext): Command {
  return new Command('completion')
    .description('print a script that makes a shell complete this command line')
    .addArgument(new Argument('<shell>', 'which shell').choices(shells))
    .action((shell: Shell) => {
      edge.stdout(completionScript(shell, edge.name.replaceAll(' ', '-')));
      finish(exitCodes.ok);
    });
}
