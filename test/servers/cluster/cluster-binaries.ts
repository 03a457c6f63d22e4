import { createHash } from 'node:crypto';
import { access, constants, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';

/** Paths of the programs that make up a cluster. */
export interface ClusterBinaries {
  etcd: string;
  kubeApiserver: string;
  kubectl: string;
  /** Absent where only `KUBEBUILDER_ASSETS` is there: that layout has no controller manager. */
  kubeControllerManager: string | undefined;
}

/** The environment variables that decide where the programs are looked for. */
export type BinariesEnvironment = Readonly<Record<string, string | undefined>>;

/** Folder of the Go module that the programs are built from. */
export const goModuleFolder = path.join(import.meta.dirname, 'go');

/** Folder outside the repository where the built programs stay, one for each state of `go.sum`. */
export function binariesCacheFolder(env: BinariesEnvironment): Promise<string> {
  return cacheFolderOf('cluster', goModuleFolder, env);
}

/** Where the programs of a Go module stay: one folder for each state of its `go.sum`. */
export async function cacheFolderOf(name: string, module: string, env: BinariesEnvironment): Promise<string> {
  const cacheHome = env.XDG_CACHE_HOME || path.join(homedir(), '.cache');
  const goSum = await readFile(path.join(module, 'go.sum'));
  const key = createHash('sha256').update(goSum).digest('hex').slice(0, 16);
  return path.join(cacheHome, 'ucl-agent', name, key);
}

/**
 * Finds the programs in `KUBEBUILDER_ASSETS` when that is set, else in the cache folder.
 * Gives undefined where one of etcd, kube-apiserver and kubectl is missing.
 */
export async function findBinaries(env: BinariesEnvironment): Promise<ClusterBinaries | undefined> {
  const cache = await binariesCacheFolder(env);
  const folder = env.KUBEBUILDER_ASSETS || cache;
  const [etcd, kubeApiserver, kubectl, ownManager, cachedManager] = await Promise.all([
    executable(folder, 'etcd'),
    executable(folder, 'kube-apiserver'),
    executable(folder, 'kubectl'),
    executable(folder, 'kube-controller-manager'),
    executable(cache, 'kube-controller-manager'),
  ]);
  if (!etcd || !kubeApiserver || !kubectl) {
    return undefined;
  }
  return { etcd, kubeApiserver, kubectl, kubeControllerManager: ownManager ?? cachedManager };
}

/** The path of a program, where it is there. */
export async function executable(folder: string, name: string): Promise<string | undefined> {
  const file = path.join(folder, name);
  try {
    await access(file, constants.X_OK);
    return file;
  } catch {
    return undefined;
  }
}
