import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';

/** Everything that is made for the tests of the image, outside the repository: it takes minutes to make anew. */
export const imageCacheFolder = path.join(
  process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'),
  'ucl-agent',
  'image',
);

/**
 * Prepares a place of its own for what buildah stores.
 * @returns the environment in which buildah uses it, without a container engine and in whatever kernel: plain folders in
 *   place of overlays, and chroot in place of a container for each command.
 */
export async function prepareImageStore(): Promise<Record<string, string>> {
  const temporary = path.join(imageCacheFolder, 'tmp');
  await mkdir(temporary, { recursive: true });
  const configuration = path.join(imageCacheFolder, 'storage.conf');
  const storage = { driver: 'vfs', graphroot: path.join(imageCacheFolder, 'store'), runroot: '/run/ucl-agent-image' };
  const lines = Object.entries(storage).map(([name, value]) => `${name} = ${JSON.stringify(value)}\n`);
  await writeFile(configuration, `[storage]\n${lines.join('')}`);
  return { CONTAINERS_STORAGE_CONF: configuration, BUILDAH_ISOLATION: 'chroot', TMPDIR: temporary };
}

/**
 * Runs a program with these variables beside those of this process; what it says goes to stderr.
 * @returns what it wrote to stdout.
 * @throws Error with the command when it does not end with 0.
 */
export async function runTool(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  folder = imageCacheFolder,
): Promise<string> {
  const child = spawn(program, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close') as Promise<unknown[]>]);
  if (code !== 0) throw new Error(`${[program, ...args].join(' ')} ended with ${String(code)}`);
  return output;
}
