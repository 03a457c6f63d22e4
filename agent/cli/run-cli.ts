import { CommanderError } from 'commander';
import { isAgentError } from '../errors/agent-error.ts';
import { explain } from '../errors/explain.ts';
import type { CliEdge } from './cli-edge.ts';
import { completeCommandName } from './completion-scripts.ts';
import { createProgram } from './create-program.ts';
import { exitCodes } from './exit-codes.ts';
import { explainKeptOptions } from './explain-kept-options.ts';
import { listCompletions } from './list-completions.ts';
import { renderCompletions } from './render-completions.ts';

/** Runs one command line (without the program's name in it) and gives the exit code. Does not throw. */
export async function runCli(args: readonly string[], edge: CliEdge): Promise<number> {
  let exitCode: number = exitCodes.ok;
  const program = createProgram(edge, (code) => {
    exitCode = code;
  });
  const [first, ...words] = args;
  // Not by commander, which would take what is being typed for its own.
  if (first === completeCommandName) {
    edge.stdout(renderCompletions(listCompletions(program, words)));
    return exitCodes.ok;
  }
  const kept = explainKeptOptions(program, args, edge.env);
  if (kept !== undefined) {
    edge.stderr(`${kept}\n`);
    return exitCodes.unusable;
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error: unknown) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.unusable;
    const failure = describeFailure(error, edge.signal);
    if (failure === undefined) {
      await edge.tellDefect(error);
      return args.includes('run') ? exitCodes.defect : exitCodes.broken;
    }
    edge.stderr(`${failure}\n`);
    return exitCodes.unusable;
  }
}

/** What a person is told; undefined for what nobody foresaw. */
function describeFailure(error: unknown, signal: AbortSignal): string | undefined {
  const isAbort = error === signal.reason || (error instanceof Error && error.name === 'AbortError');
  if (signal.aborted && (isAbort || isAgentError(error))) return 'Interrupted.';
  return isAgentError(error) ? explain(error) : undefined;
}
