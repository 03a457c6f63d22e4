import type { ImageConfig } from './read-archive.ts';

export interface ContainerRequest {
  /** What the Deployment calls args: it takes the place of the image's CMD. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Files and folders of this machine by their paths in the container; they can be read only. */
  readonly mounts: Readonly<Record<string, string>>;
  readonly memoryLimitBytes: number;
}

/**
 * What runc is told, https://github.com/opencontainers/runtime-spec/blob/main/config.md: the strictest that the
 * Deployment allows, and the network of this machine, where the servers of the tests listen on loopback.
 * @param rootFolder with the files of the image.
 * @param id also names the memory cgroup.
 */
export function toContainerSpec(
  id: string,
  rootFolder: string,
  { config }: ImageConfig,
  { args, env, mounts, memoryLimitBytes }: ContainerRequest,
): object {
  const [uid, gid] = (config.User ?? '0:0').split(':').map(Number);
  return {
    ociVersion: '1.0.2',
    hostname: id,
    root: { path: rootFolder, readonly: true },
    process: {
      args: [...(config.Entrypoint ?? []), ...args],
      cwd: config.WorkingDir || '/',
      env: [...config.Env, `HOSTNAME=${id}`, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)],
      user: { uid, gid },
      capabilities: { bounding: [], effective: [], permitted: [], inheritable: [], ambient: [] },
      noNewPrivileges: true,
    },
    mounts: [
      ...systemMounts,
      ...Object.entries(mounts).map(([destination, source]) => toBindMount(destination, source)),
    ],
    linux: {
      cgroupsPath: `/${id}`,
      namespaces: ['pid', 'ipc', 'uts', 'mount', 'cgroup'].map((type) => ({ type })),
      resources: { devices: [{ allow: false, access: 'rwm' }], memory: { limit: memoryLimitBytes } },
      maskedPaths: ['/proc/kcore', '/proc/keys', '/proc/timer_list', '/sys/firmware'],
      readonlyPaths: ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'],
    },
  };
}

const systemMounts = [
  { destination: '/proc', type: 'proc', source: 'proc' },
  {
    destination: '/dev',
    type: 'tmpfs',
    source: 'tmpfs',
    options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
  },
  { destination: '/dev/pts', type: 'devpts', source: 'devpts', options: ['nosuid', 'noexec', 'newinstance', 'gid=5'] },
  { destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: ['nosuid', 'noexec', 'nodev', 'mode=1777'] },
  { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
  // From here a process learns its memory limit.
  { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
];

function toBindMount(destination: string, source: string): object {
  return { destination, source, type: 'bind', options: ['rbind', 'ro', 'nosuid', 'nodev'] };
}
