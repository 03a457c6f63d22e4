import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { explainKeptOptions } from '../../../agent/cli/explain-kept-options.ts';

export interface BenchOptions {
  /** Numbers of systems, each measured on servers of its own. */
  readonly sizes: readonly number[];
  /** Bundles of each system. */
  readonly bundles: number;
  /** How often the agent starts in an empty cluster, for each size; the median counts. */
  readonly starts: number;
  /** How many syncs that change nothing follow the last start. */
  readonly syncs: number;
  readonly cluster: 'embedded' | 'real';
  /** The built agent; undefined: one that is built from the present sources. */
  readonly program?: string;
  readonly output: 'json' | 'markdown';
  /** Do not measure first what Node and the packages take alone. */
  readonly withoutFloor: boolean;
  /** Rewrite the table in `docs/performance.md`. */
  readonly writeDocs: boolean;
}

/** Reads the command line. Help goes to stdout (code 0), one line about what is wrong to stderr (code 2). */
export function parseOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): { options: BenchOptions } | { exitCode: 0 | 2 } {
  const command = new Command('npm run bench --')
    .description('Measures the built agent as a process, on an embedded UCL and an embedded or real Kubernetes API.')
    .option('--sizes <list>', 'numbers of systems, separated by commas', wholeNumbers, [10, 100, 1000])
    .option('--bundles <count>', 'bundles of each system', wholeNumber, 2)
    .option('--starts <count>', 'starts in an empty cluster, of which the median counts', wholeNumber, 5)
    .option('--syncs <count>', 'syncs that change nothing, after the last start', wholeNumber, 100)
    .addOption(new Option('--cluster <kind>', 'Kubernetes API').choices(['embedded', 'real']).default('embedded'))
    .option('--program <file>', 'a built agent in place of the present sources')
    .addOption(new Option('--output <format>', 'what stdout gets').choices(['markdown', 'json']).default('markdown'))
    .option('--without-floor', 'do not measure what Node and the packages take alone', false)
    .option('--write-docs', 'rewrite the table of this kind of cluster in docs/performance.md', false)
    .configureOutput({ outputError: (text, write) => write(`${text.trim()} (--help tells the options)\n`) })
    .exitOverride();
  const kept = explainKeptOptions(command, args, env);
  if (kept !== undefined) {
    process.stderr.write(`${kept}\n`);
    return { exitCode: 2 };
  }
  try {
    command.parse(args, { from: 'user' });
    if (command.args.length > 0) command.error(`error: unexpected argument '${command.args[0]}'`);
    return { options: command.opts<BenchOptions>() };
  } catch (error: unknown) {
    if (error instanceof CommanderError) return { exitCode: error.exitCode === 0 ? 0 : 2 };
    throw error;
  }
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('A whole number from 1 to 999999 is needed.');
}

function wholeNumbers(text: string): number[] {
  return text.split(',').map(wholeNumber);
}
