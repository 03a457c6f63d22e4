import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type CgroupMount, listHierarchies } from './cgroups.ts';
import { nodeCgroup } from './node-configuration.ts';

/** Memory of a container as Kubernetes counts it, in bytes. */
export interface ContainerMemory {
  /** What counts against the limit, less files that can be dropped at once: what the kubelet judges by. */
  workingSet: number;
  /** What no file stands behind: it can never be dropped. */
  anonymous: number;
}

/** The cgroup of one container of the node. */
export interface ContainerCgroup {
  memory(): Promise<ContainerMemory>;
  /** Sets another limit than the pod asks for, in bytes; the kernel kills when there is no room within it. */
  limitMemory(bytes: number): Promise<void>;
  /** Ids of its processes. */
  processes(): Promise<number[]>;
}

/** A process in one of the node's containers. */
export interface ContainerProcess {
  id: number;
  /** With its arguments. */
  command: string;
}

/** What runs in containers now, whether or not the kubelet has told of it. What was killed is not among it. */
export async function listContainerProcesses(): Promise<ContainerProcess[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  // A process that has just ended has no such file, or an empty one.
  const read = (id: string, name: string) => readFile(path.join('/proc', id, name), 'utf8').catch(() => '');
  const found = await Promise.all(
    ids.map(async (id) => {
      const command = (await read(id, 'cmdline')).replaceAll('\0', ' ').trim();
      return { id: Number(id), command, cgroup: await read(id, 'cgroup') };
    }),
  );
  return found.filter(({ command, cgroup }) => command !== '' && cgroup.includes(`/${nodeCgroup}/`));
}

/** @param containerId as the kubelet tells it: `containerd://<id>`. Rejects where there is no such container. */
export async function findContainerCgroup(containerId: string): Promise<ContainerCgroup> {
  const id = containerId.replace(/^.*:\/\//, '');
  const hierarchies = await listHierarchies();
  for (const { folder, version } of hierarchies) {
    const found = await findFolder(path.join(folder, nodeCgroup), id);
    if (found === undefined || !(await readdir(found)).includes('memory.stat')) continue;
    const read = (name: string) => readFile(path.join(found, name), 'utf8');
    return {
      memory: async () => toContainerMemory(version, await read(usageFiles[version]), await read('memory.stat')),
      limitMemory: (bytes) => writeFile(path.join(found, limitFiles[version]), String(bytes)),
      processes: async () => (await read('cgroup.procs')).split('\n').filter(Boolean).map(Number),
    };
  }
  throw new Error(`The container ${id} has no cgroup.`);
}

const limitFiles = { 1: 'memory.limit_in_bytes', 2: 'memory.max' } as const;
const usageFiles = { 1: 'memory.usage_in_bytes', 2: 'memory.current' } as const;

/** Counts as the kubelet does, from the texts of the cgroup's files. */
export function toContainerMemory(version: CgroupMount['version'], usage: string, stat: string): ContainerMemory {
  const values = new Map(stat.split('\n').map((line): [string, number] => splitLine(line)));
  const read = (name: string): number => values.get(name) ?? 0;
  return version === 1
    ? { workingSet: Number(usage) - read('total_inactive_file'), anonymous: read('total_rss') }
    : { workingSet: Number(usage) - read('inactive_file'), anonymous: read('anon') };
}

function splitLine(line: string): [string, number] {
  const [name = '', value = ''] = line.split(' ');
  return [name, Number(value)];
}

async function findFolder(folder: string, name: string): Promise<string | undefined> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found = entries.find((entry) => entry.isDirectory() && entry.name === name);
  return found && path.join(found.parentPath, found.name);
}
