import path from 'node:path';
import { stringify } from 'yaml';
import { nodeNetwork } from './node-network.ts';

/** Where the parts of a node keep their things; everything is below one folder. */
export interface NodePaths {
  folder: string;
  containerdSocket: string;
  cniConfig: string;
  /** Within each hierarchy of cgroups. */
  cgroup: string;
}

export const pauseImage = 'ucl-agent.test/pause:1';

export function toNodePaths(folder: string): NodePaths {
  return {
    folder,
    containerdSocket: path.join(folder, 'containerd.sock'),
    cniConfig: path.join(folder, 'cni'),
    cgroup: nodeCgroup,
  };
}

/** One node at a time on a machine: what an earlier one left is found by these names. */
export const nodeCgroup = 'ucl-agent-node';
/** In the temporary folder. */
export const nodeFolderPrefix = 'ucl-agent-node-';
/** Folders that only a node needs, and that are removed after it where they are empty. */
export const createdPlaces = ['/var/lib/cni', '/var/lib/kubelet'];
/** Variable with the network namespace of the machine, which a node must not change. */
export const hostNetworkVariable = 'UCL_NODE_HOST_NETWORK';

/** How containers get the files of their image: each a layer above them, or each a copy of its own. */
export type Snapshotter = 'overlayfs' | 'native';

/**
 * containerd without what a virtual machine without all capabilities refuses: it may not raise the priority of a
 * process against the OOM killer, and has no AppArmor.
 */
export function toContainerdConfig(
  { folder, containerdSocket, cniConfig }: NodePaths,
  cniPlugins: string,
  snapshotter: Snapshotter,
): string {
  return `version = 3
root = "${folder}/containerd"
state = "${folder}/containerd-state"
disabled_plugins = ["io.containerd.nri.v1.nri"]

[grpc]
  address = "${containerdSocket}"

[plugins."io.containerd.cri.v1.images"]
  snapshotter = "${snapshotter}"
  [plugins."io.containerd.cri.v1.images".pinned_images]
    sandbox = "${pauseImage}"

[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = true
  disable_apparmor = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dirs = ["${cniPlugins}"]
    conf_dir = "${cniConfig}"
  [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
      SystemdCgroup = false
`;
}

/** The kubelet as in a cluster (its rights by Node and webhook), on whatever cgroups and disks this machine has. */
export function toKubeletConfig({ folder, containerdSocket, cgroup }: NodePaths, clientCaFile: string): string {
  return stringify({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: clientCaFile },
    },
    authorization: { mode: 'Webhook' },
    containerRuntimeEndpoint: `unix://${containerdSocket}`,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${cgroup}`,
    // Version 1 of cgroups is still what many machines have.
    failCgroupV1: false,
    enforceNodeAllocatable: [],
    // Without it a kubelet that lacks CAP_SYS_RESOURCE does not start.
    featureGates: { KubeletInUserNamespace: true },
    localStorageCapacityIsolation: false,
    // How full the machine's disk is must not decide about a test.
    evictionHard: { 'memory.available': '0%', 'nodefs.available': '0%', 'imagefs.available': '0%' },
    imageGCHighThresholdPercent: 100,
    podLogsDir: path.join(folder, 'pod-logs'),
    volumePluginDir: path.join(folder, 'volume-plugins'),
    resolvConf: path.join(folder, 'resolv.conf'),
    // Nobody answers there; without it each pod is warned about.
    clusterDNS: [nodeNetwork.address],
    clusterDomain: 'cluster.local',
  });
}
