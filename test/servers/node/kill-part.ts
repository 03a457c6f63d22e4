import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { kill } from 'node:process';
import type { NodeHandle } from './start-node.ts';

/** Kills a part of the node with -9; it is started again at once. @param name as of its log. */
export async function killPart({ folder }: NodeHandle, name: 'etcd' | 'kube-apiserver' | 'kubelet'): Promise<void> {
  const pids = path.join(folder, 'pids');
  for (const pid of await readdir(pids)) {
    if ((await readFile(path.join(pids, pid), 'utf8')) === name) return void kill(Number(pid), 'SIGKILL');
  }
  throw new Error(`${name} does not run.`);
}
