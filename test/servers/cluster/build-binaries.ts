import { spawn } from 'node:child_process';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type BinariesEnvironment,
  binariesCacheFolder,
  type ClusterBinaries,
  findBinaries,
  goModuleFolder,
} from './cluster-binaries.ts';

/** The programs cannot be had on this machine; the message is one line that says what is missing. */
export class MissingBinariesError extends Error {
  override readonly name = 'MissingBinariesError';
}

/**
 * Makes sure that the programs of a cluster are there, and builds those that are not.
 * The first build takes 7 to 10 minutes on 2 cores; after that they come from the cache folder.
 * @param report is given one line for each step that takes long.
 * @throws MissingBinariesError without the programs and without a way to build them.
 */
export async function buildBinaries(
  env: BinariesEnvironment,
  report: (line: string) => void,
): Promise<ClusterBinaries> {
  const found = await findBinaries(env);
  if (found?.kubeControllerManager) {
    return found;
  }
  const assets = env.KUBEBUILDER_ASSETS;
  if (assets && !found) {
    throw new MissingBinariesError(`KUBEBUILDER_ASSETS=${assets} lacks etcd, kube-apiserver or kubectl.`);
  }
  if (!(await hasGo())) {
    if (found) {
      report(`No kube-controller-manager in ${assets} and no Go to build it: nothing collects garbage.`);
      return found;
    }
    throw new MissingBinariesError(
      'The tests on a real API server need Go 1.26 or later, or KUBEBUILDER_ASSETS with etcd, kube-apiserver, kubectl.',
    );
  }
  const names = found ? ['kube-controller-manager'] : ['etcd', 'kubectl', 'kube-apiserver', 'kube-controller-manager'];
  report(`Building ${names.join(', ')} from Go modules; this takes minutes, once.`);
  await build(names, await binariesCacheFolder(env));
  const built = await findBinaries(env);
  if (!built) {
    throw new MissingBinariesError(`The Go build left no programs in ${await binariesCacheFolder(env)}.`);
  }
  return built;
}

async function hasGo(): Promise<boolean> {
  try {
    return (await run('go', ['version'], 'ignore')) === 0;
  } catch {
    return false;
  }
}

async function build(names: string[], folder: string): Promise<void> {
  const goMod = await readFile(path.join(goModuleFolder, 'go.mod'), 'utf8');
  const version = /k8s\.io\/kubernetes v(\d+)\.(\d+)\.(\d+)/.exec(goMod);
  if (!version) {
    throw new MissingBinariesError('go.mod names no version of k8s.io/kubernetes.');
  }
  const [, major, minor, patch] = version;
  const versionPackage = 'k8s.io/component-base/version';
  const linkerFlags = [
    `-X ${versionPackage}.gitVersion=v${major}.${minor}.${patch}`,
    `-X ${versionPackage}.gitMajor=${major}`,
    `-X ${versionPackage}.gitMinor=${minor}`,
    `-X ${versionPackage}.gitTreeState=clean`,
    '-s -w',
  ].join(' ');
  const partial = `${folder}.${process.pid}.partial`;
  await mkdir(partial, { recursive: true });
  try {
    const packages = names.map((name) => `./${name}`);
    const code = await run(
      'go',
      ['build', '-buildvcs=false', '-trimpath', '-ldflags', linkerFlags, '-o', `${partial}/`, ...packages],
      'inherit',
    );
    if (code !== 0) {
      throw new MissingBinariesError(`go build in ${goModuleFolder} ended with ${code}.`);
    }
    // One by one and by renaming: a build that was cut off, or two at a time, never leave half a program.
    await mkdir(folder, { recursive: true });
    for (const name of names) {
      await rename(path.join(partial, name), path.join(folder, name));
    }
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

function run(command: string, args: string[], output: 'ignore' | 'inherit'): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: goModuleFolder,
      stdio: [
        'ignore',
        output === 'ignore' ? 'ignore' : process.stderr,
        output === 'ignore' ? 'ignore' : process.stderr,
      ],
    });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    const binaries = await buildBinaries(process.env, (line) => process.stderr.write(`${line}\n`));
    process.stdout.write(`${path.dirname(binaries.kubeApiserver)}\n`);
  } catch (error: unknown) {
    if (!(error instanceof MissingBinariesError)) {
      throw error;
    }
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
