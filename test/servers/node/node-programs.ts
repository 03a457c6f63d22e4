import path from 'node:path';
import { buildBinaries, buildComponents } from '../cluster/build-binaries.ts';
import { buildGoPrograms, hasGo, MissingBinariesError } from '../cluster/build-go-programs.ts';
import {
  type BinariesEnvironment,
  binariesCacheFolder,
  type ClusterBinaries,
  cacheFolderOf,
  executable,
  findBinaries,
} from '../cluster/cluster-binaries.ts';

/** Paths of what is built for a node: the cluster's programs, those of Kubernetes on the node, and containerd. */
export interface NodePrograms extends ClusterBinaries {
  kubeControllerManager: string;
  kubelet: string;
  kubeScheduler: string;
  /** Its shim stands in the same folder, where containerd looks for it. */
  containerd: string;
  ctr: string;
  /** Holds the namespaces of a pod; needs nothing but the kernel. */
  pause: string;
}

const module = path.join(import.meta.dirname, 'go');
const containerd = 'github.com/containerd/containerd/v2/cmd';
const containerPrograms = [
  './pause',
  `${containerd}/containerd`,
  `${containerd}/containerd-shim-runc-v2`,
  `${containerd}/ctr`,
];

/** Gives undefined where one of them is missing. */
export async function findNodePrograms(env: BinariesEnvironment): Promise<NodePrograms | undefined> {
  const cluster = await findBinaries(env);
  const components = await binariesCacheFolder(env);
  const containers = await cacheFolderOf('node', module, env);
  const [kubelet, kubeScheduler, containerd, shim, ctr, pause] = await Promise.all([
    executable(components, 'kubelet'),
    executable(components, 'kube-scheduler'),
    executable(containers, 'containerd'),
    executable(containers, 'containerd-shim-runc-v2'),
    executable(containers, 'ctr'),
    executable(containers, 'pause'),
  ]);
  if (!cluster?.kubeControllerManager || !kubelet || !kubeScheduler || !containerd || !shim || !ctr || !pause) {
    return undefined;
  }
  const { kubeControllerManager } = cluster;
  return { ...cluster, kubeControllerManager, kubelet, kubeScheduler, containerd, ctr, pause };
}

/**
 * Makes sure that they are there, and builds those that are not: about five minutes on 2 cores beyond the programs of
 * the cluster.
 * @param report is given one line for each step that takes long.
 * @throws MissingBinariesError without the programs and without a way to build them.
 */
export async function buildNodePrograms(
  env: BinariesEnvironment,
  report: (line: string) => void,
): Promise<NodePrograms> {
  const found = await findNodePrograms(env);
  if (found) return found;
  if (!(await hasGo())) throw new MissingBinariesError('A real node needs Go 1.26 or later, to build its programs.');
  await buildBinaries(env, report);
  report('Building kubelet, kube-scheduler and containerd from Go modules; this takes minutes, once.');
  await buildComponents(['kubelet', 'kube-scheduler'], env);
  const folder = await cacheFolderOf('node', module, env);
  await buildGoPrograms({ module, packages: containerPrograms, folder, isStatic: true });
  const built = await findNodePrograms(env);
  if (!built) throw new MissingBinariesError(`The Go builds left no programs in ${folder}.`);
  return built;
}
