import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { explainKeptOptions } from '../../../agent/cli/explain-kept-options.ts';

export interface PlaygroundOptions {
  /** End after the first sync and the comparison. */
  readonly once: boolean;
  readonly output: 'text' | 'json';
  /** A generated landscape in place of the sample. */
  readonly generate: { readonly apps: number; readonly bundles: number } | undefined;
  /** A person's cluster in place of the embedded API. */
  readonly kubeconfigFile: string | undefined;
  /** Take that cluster although another playground holds it: it has crashed. */
  readonly takeOver: boolean;
  /** 0: any free one. */
  readonly ports: Readonly<Record<PortOption, number>>;
}

/** Options that take a port, by what listens there. */
export type PortOption = 'kube' | 'admin' | 'connector' | 'director';

export type ParsedOptions = { options: PlaygroundOptions } | { exitCode: 0 | 2 };

interface Values {
  once: boolean;
  output: 'text' | 'json';
  apps?: number;
  bundles?: number;
  kubeconfig?: string;
  takeOver: boolean;
  kubePort: number;
  adminPort: number;
  connectorPort: number;
  directorPort: number;
}

/** Reads the command line. Help goes to stdout (code 0), one line about what is wrong to stderr (code 2). */
export function parseOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): ParsedOptions {
  const command = new Command('npm run playground --')
    .description(
      'Shows ucl-agent at work: an embedded UCL with sample systems, an embedded Kubernetes API, and the real agent.',
    )
    .option('--once', 'end after the first sync: 0 when every object is as expected, 1 when not', false)
    .addOption(
      new Option('--output <format>', 'json: one document on stdout, progress on stderr')
        .choices(['text', 'json'])
        .default('text'),
    )
    .option('--apps <count>', 'generate that many systems in place of the sample', wholeNumber(1, 100_000))
    .option('--bundles <count>', 'bundles of each generated system (2 by default)', wholeNumber(0, 1_000))
    .option('--kubeconfig <file>', 'use this cluster in place of the embedded Kubernetes API')
    .option('--take-over', 'with --kubeconfig: take the place of a playground that crashed', false)
    .option('--kube-port <port>', 'port of the embedded Kubernetes API', wholeNumber(0, 65_535), 0)
    .option('--admin-port <port>', 'port of the administrator page of UCL', wholeNumber(0, 65_535), 0)
    .option('--connector-port <port>', "port of UCL's Connector", wholeNumber(0, 65_535), 0)
    .option('--director-port <port>', "port of UCL's Director", wholeNumber(0, 65_535), 0)
    .helpOption('--help', 'print this help')
    .addHelpText('after', '\nA port that is not given, or 0, is any free one. Ctrl-C ends the playground.')
    .configureOutput({ outputError: (text, write) => write(`${text.trim()} (--help tells the options)\n`) })
    .exitOverride();
  const kept = explainKeptOptions(command, args, env);
  if (kept !== undefined) {
    process.stderr.write(`${kept}\n`);
    return { exitCode: 2 };
  }
  try {
    command.parse(args, { from: 'user' });
    const options = toOptions(command.opts<Values>());
    if (options.takeOver && options.kubeconfigFile === undefined) {
      command.error('error: --take-over needs the cluster, by --kubeconfig <file>');
    }
    return { options };
  } catch (error: unknown) {
    if (error instanceof CommanderError) return { exitCode: error.exitCode === 0 ? 0 : 2 };
    throw error;
  }
}

function toOptions(values: Values): PlaygroundOptions {
  const { once, output, apps, bundles, kubeconfig, takeOver } = values;
  const isGenerated = apps !== undefined || bundles !== undefined;
  return {
    once,
    output,
    generate: isGenerated ? { apps: apps ?? 10, bundles: bundles ?? 2 } : undefined,
    kubeconfigFile: kubeconfig,
    takeOver,
    ports: {
      kube: values.kubePort,
      admin: values.adminPort,
      connector: values.connectorPort,
      director: values.directorPort,
    },
  };
}

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`A whole number from ${least} to ${most} is needed.`);
  };
}
