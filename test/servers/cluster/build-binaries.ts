import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildPrometheus } from '../prometheus/build-prometheus.ts';
import { buildGoPrograms, hasGo, MissingBinariesError } from './build-go-programs.ts';
import {
  type BinariesEnvironment,
  binariesCacheFolder,
  type ClusterBinaries,
  findBinaries,
  goModuleFolder,
} from './cluster-binaries.ts';

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
  await buildComponents(names, env);
  const built = await findBinaries(env);
  if (!built) {
    throw new MissingBinariesError(`The Go build left no programs in ${await binariesCacheFolder(env)}.`);
  }
  return built;
}

/** Builds components of Kubernetes, by their names, into the cache folder; they tell clients the version of go.mod. */
export async function buildComponents(names: readonly string[], env: BinariesEnvironment): Promise<void> {
  const goMod = await readFile(path.join(goModuleFolder, 'go.mod'), 'utf8');
  const version = /k8s\.io\/kubernetes v(\d+)\.(\d+)\.(\d+)/.exec(goMod);
  if (!version) {
    throw new MissingBinariesError('go.mod names no version of k8s.io/kubernetes.');
  }
  const [, major, minor, patch] = version;
  const versionPackage = 'k8s.io/component-base/version';
  await buildGoPrograms({
    module: goModuleFolder,
    packages: names.map((name) => `./${name}`),
    folder: await binariesCacheFolder(env),
    linkerFlags: [
      `-X ${versionPackage}.gitVersion=v${major}.${minor}.${patch}`,
      `-X ${versionPackage}.gitMajor=${major}`,
      `-X ${versionPackage}.gitMinor=${minor}`,
      `-X ${versionPackage}.gitTreeState=clean`,
    ],
  });
}

/** Without them the tests of the alerts fail, and say so; all others can do without. */
async function buildForAlerts(report: (line: string) => void): Promise<void> {
  try {
    await buildPrometheus(process.env, report);
  } catch (error: unknown) {
    if (!(error instanceof MissingBinariesError)) throw error;
    report(error.message);
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    const report = (line: string) => process.stderr.write(`${line}\n`);
    const binaries = await buildBinaries(process.env, report);
    await buildForAlerts(report);
    process.stdout.write(`${path.dirname(binaries.kubeApiserver)}\n`);
  } catch (error: unknown) {
    if (!(error instanceof MissingBinariesError)) {
      throw error;
    }
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
