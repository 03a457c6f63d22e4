import { mkdir, readdir, readFile, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Cgroups of a node, on both versions: version 1 has a hierarchy for each controller (memory, cpu and so on), version
 * 2 one for all.
 */

const removalTimeoutMs = 20_000;

/** Makes a cgroup of this name at the top of each hierarchy. */
export async function makeCgroups(name: string): Promise<void> {
  for (const { folder } of await listHierarchies()) await mkdir(path.join(folder, name), { recursive: true });
}

/**
 * Removes it with all that is in it. A cgroup whose last process is just ending is busy for a moment.
 * @throws where one stays busy.
 */
export async function removeCgroups(name: string): Promise<void> {
  const endMs = performance.now() + removalTimeoutMs;
  // Where both versions are mounted, runc leaves empty ones in version 2 too.
  for (const { folder } of parseMounts(await readMounts())) await removeTree(path.join(folder, name), endMs);
}

async function removeTree(folder: string, endMs: number): Promise<void> {
  for (const child of await listFolders(folder)) await removeTree(child, endMs);
  for (;;) {
    try {
      return await rmdir(folder);
    } catch (error: unknown) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === 'ENOENT') return;
      if (code !== 'EBUSY' || performance.now() > endMs) throw error;
      await sleep(50);
    }
  }
}

async function listFolders(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => path.join(folder, entry.name));
  } catch {
    return [];
  }
}

/** The hierarchies that limit and count what a node uses. */
export async function listHierarchies(): Promise<CgroupMount[]> {
  return selectHierarchies(parseMounts(await readMounts()));
}

function readMounts(): Promise<string> {
  return readFile('/proc/self/mounts', 'utf8');
}

export interface CgroupMount {
  folder: string;
  version: 1 | 2;
}

/** All that are mounted. `text`: that of `/proc/mounts`. */
export function parseMounts(text: string): CgroupMount[] {
  return text.split('\n').flatMap((line): CgroupMount[] => {
    const [, folder = '', kind] = line.split(' ');
    if (kind === 'cgroup2') return [{ folder, version: 2 }];
    if (kind === 'cgroup') return [{ folder, version: 1 }];
    return [];
  });
}

/** Where both versions are mounted, the controllers are in version 1. */
export function selectHierarchies(mounts: readonly CgroupMount[]): CgroupMount[] {
  return mounts.some(({ version }) => version === 1) ? mounts.filter(({ version }) => version === 1) : [...mounts];
}
