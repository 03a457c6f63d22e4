import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { type BuildCommand, findBuilder, planBuild, probeBuilder } from './image-builder.ts';
import { ImageError } from './image-error.ts';
import { collectNpmSettings } from './npm-settings.ts';
import { type ImageOptions, parseOptions } from './parse-options.ts';
import { readRevision } from './read-revision.ts';

/** The process of `npm run image`: arguments, the secret, the builder's commands and the exit code. */

const root = path.join(import.meta.dirname, '../../..');
const { version } = z.object({ version: z.string() }).parse(readJson('package.json'));

const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const parsed = parseOptions(process.argv.slice(2), version);
if ('exitCode' in parsed) process.exit(parsed.exitCode);

try {
  await buildImage(parsed.options);
} catch (error: unknown) {
  if (!(error instanceof ImageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

async function buildImage(options: ImageOptions): Promise<void> {
  const builder = findBuilder(options.builder, probeBuilder);
  const { npmrc, authorities } = collectNpmSettings(process.env);
  const { labels, timestamp } = readRevision(root);
  const baseImages = Object.entries({ BUILD_IMAGE: options.buildImage, RUNTIME_IMAGE: options.runtimeImage });
  const folder = mkdtempSync(path.join(tmpdir(), 'ucl-agent-image-'));
  try {
    const secrets = { npmrc: path.join(folder, 'npmrc'), 'npm-ca': path.join(folder, 'npm-ca') };
    writeFileSync(secrets.npmrc, npmrc, { mode: 0o600 });
    writeFileSync(secrets['npm-ca'], authorities, { mode: 0o600 });
    const commands = planBuild(builder, {
      tag: options.tag,
      baseImages: Object.fromEntries(baseImages.flatMap(([name, image]) => (image ? [[name, image]] : []))),
      platform: options.platform,
      labels,
      timestamp,
      secrets,
      context: root,
      archive: options.output,
    });
    for (const command of commands) await run(command);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  process.stdout.write(`Built ${options.tag} with ${builder}${options.output ? `, also in ${options.output}` : ''}.\n`);
}

async function run({ program, args, env }: BuildCommand): Promise<void> {
  const child = spawn(program, args, { stdio: ['ignore', 2, 2], env: { ...process.env, ...env } });
  // Whatever ends this process ends the builder first, so that the secret is removed after it.
  const forward = (signal: NodeJS.Signals) => child.kill(signal);
  for (const signal of endingSignals) process.on(signal, forward);
  const [code, signal]: unknown[] = await once(child, 'close');
  for (const signal of endingSignals) process.off(signal, forward);
  if (code !== 0)
    throw new ImageError(`${program} ${args[0]} ended with ${String(code ?? signal)}; its last lines tell why.`);
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(path.join(root, file), 'utf8'));
}
