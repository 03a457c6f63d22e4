import { spawn } from 'node:child_process';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/** The programs cannot be had on this machine; the message is one line that says what is missing. */
export class MissingBinariesError extends Error {
  override readonly name = 'MissingBinariesError';
}

export interface GoBuild {
  /** Folder of the Go module. */
  module: string;
  /** What to build: `./etcd`, or a package of a module that go.mod requires. A program is named after its package. */
  packages: readonly string[];
  /** Where the programs go. */
  folder: string;
  linkerFlags?: readonly string[];
  /** Without C libraries, so that a program runs wherever it is put: in an empty image too. */
  isStatic?: boolean;
  /** Build constraints that hold. */
  tags?: readonly string[];
}

export async function hasGo(): Promise<boolean> {
  try {
    return (await runGo(['version'], { output: 'ignore' })) === 0;
  } catch {
    return false;
  }
}

/** @throws MissingBinariesError where the build fails; what Go says about it goes to stderr. */
export async function buildGoPrograms(build: GoBuild): Promise<void> {
  const { module, packages, folder, linkerFlags = [], isStatic = false, tags = [] } = build;
  const partial = `${folder}.${process.pid}.partial`;
  await mkdir(partial, { recursive: true });
  try {
    const flags = [
      '-buildvcs=false',
      '-trimpath',
      '-ldflags',
      [...linkerFlags, '-s -w'].join(' '),
      '-tags',
      tags.join(','),
    ];
    const env = isStatic ? { ...process.env, CGO_ENABLED: '0' } : process.env;
    const code = await runGo(['build', ...flags, '-o', `${partial}/`, ...packages], { cwd: module, env });
    if (code !== 0) {
      throw new MissingBinariesError(`go build in ${module} ended with ${code}.`);
    }
    // One by one and by renaming: a build that was cut off, or two at a time, never leave half a program.
    await mkdir(folder, { recursive: true });
    for (const name of packages.map((each) => path.posix.basename(each))) {
      await rename(path.join(partial, name), path.join(folder, name));
    }
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

function runGo(args: string[], options: { cwd?: string; env?: NodeJS.ProcessEnv; output?: 'ignore' }): Promise<number> {
  return new Promise((resolve, reject) => {
    const stream = options.output ?? process.stderr;
    const { cwd = process.cwd(), env = process.env } = options;
    const child = spawn('go', args, { cwd, env, stdio: ['ignore', stream, stream] });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
