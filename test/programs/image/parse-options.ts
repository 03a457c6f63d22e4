import path from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { type BuilderName, builderNames } from './image-builder.ts';

export interface ImageOptions {
  readonly tag: string;
  readonly buildImage: string | undefined;
  readonly runtimeImage: string | undefined;
  readonly platform: string | undefined;
  /** Absolute path. */
  readonly output: string | undefined;
  readonly builder: BuilderName | undefined;
}

/**
 * Reads the command line. Help goes to stdout (code 0), one line about what is wrong to stderr (code 2).
 * @param version of the package, for the tag.
 */
export function parseOptions(
  args: readonly string[],
  version: string,
): { options: ImageOptions } | { exitCode: 0 | 2 } {
  const command = new Command('npm run image --')
    .description('Builds the image of the agent with Docker, Podman or Buildah, whichever is there.')
    .option('--tag <name>', 'name of the image', `ucl-agent:${version}`)
    .option('--build-image <name>', 'image with Node 24 and npm that the agent is built in, in place of the default')
    .option('--runtime-image <name>', 'image with Node 24 that the agent runs in, in place of the default')
    .option('--platform <os/arch>', 'such as linux/arm64; that of this machine by default')
    .option('--output <file>', 'write the image to this archive as well', (file) => path.resolve(file))
    .addOption(new Option('--builder <program>', 'in place of the first one that works').choices(builderNames))
    .helpOption('--help', 'print this help')
    .configureOutput({ outputError: (text, write) => write(`${text.trim()} (--help tells the options)\n`) })
    .exitOverride();
  try {
    command.parse(args, { from: 'user' });
    if (command.args.length > 0) command.error(`error: unexpected argument '${command.args[0]}'`);
    const { tag, buildImage, runtimeImage, platform, output, builder } = command.opts<ImageOptions>();
    return { options: { tag, buildImage, runtimeImage, platform, output, builder } };
  } catch (error: unknown) {
    if (error instanceof CommanderError) return { exitCode: error.exitCode === 0 ? 0 : 2 };
    throw error;
  }
}
