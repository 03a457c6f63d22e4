import { access, constants } from 'node:fs/promises';
import path from 'node:path';

/** What the machine gives that decides whether a node can run on it. */
export interface Machine {
  platform: NodeJS.Platform;
  userId: number | undefined;
  hasProgram(name: string): Promise<boolean>;
  cniPlugins: string | undefined;
}

/** Programs that are not built, with the package of Debian that has them; `curl` is for a command of the documents. */
const packages: Readonly<Record<string, string>> = {
  curl: 'curl',
  ip: 'iproute2',
  runc: 'runc',
  setpriv: 'util-linux',
  unshare: 'util-linux',
};
const cniFolders = ['/usr/lib/cni', '/opt/cni/bin'];

/** What a real node lacks on this machine; empty where it can run. */
export async function listMissingParts(machine: Machine): Promise<string[]> {
  if (machine.platform !== 'linux') return ['Linux'];
  const missing = machine.userId === 0 ? [] : ['root'];
  for (const [program, from] of Object.entries(packages)) {
    if (!(await machine.hasProgram(program))) missing.push(`${program} (Debian: ${from})`);
  }
  if (machine.cniPlugins === undefined) missing.push('CNI plugins (Debian: containernetworking-plugins)');
  return missing;
}

export async function inspectMachine(): Promise<Machine> {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  return {
    platform: process.platform,
    userId: process.getuid?.(),
    hasProgram: (name) => isThere(folders.map((folder) => path.join(folder, name))),
    cniPlugins: await findCniPlugins(),
  };
}

/** The folder with the plugins that the pods' network needs. */
async function findCniPlugins(): Promise<string | undefined> {
  for (const folder of cniFolders) {
    if (await isThere([path.join(folder, 'bridge')])) return folder;
  }
  return undefined;
}

async function isThere(files: readonly string[]): Promise<boolean> {
  const found = await Promise.allSettled(files.map((file) => access(file, constants.X_OK)));
  return found.some(({ status }) => status === 'fulfilled');
}
