import { spawn } from 'node:child_process';
import { readdir, readlink, rm, rmdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { removeCgroups } from './cgroups.ts';
import { createdPlaces, hostNetworkVariable, nodeCgroup, nodeFolderPrefix } from './node-configuration.ts';

/** Belongs to the process that holds it, and goes with it; it is no file. */
const lock = '\0ucl-agent-node';
const lockPollMs = 1000;

/**
 * Runs a command in a network, mounts and processes of its own, and removes afterwards what a node leaves on the machine
 * besides: cgroups and files. What a run that was killed left is removed before. One at a time on a machine; others
 * wait.
 *
 * When this process ends, however it ends, everything in the namespaces ends too: the first process in them is tied to
 * it, and the kernel kills the rest of them with that one.
 * @param report is given one line for what takes long.
 * @returns the exit code of the command.
 */
export async function runInNamespaces(
  command: readonly string[],
  env: NodeJS.ProcessEnv,
  report: (line: string) => void,
): Promise<number> {
  const held = await takeLock(report);
  try {
    await removeLeftovers();
    return await runCommand(command, { ...env, [hostNetworkVariable]: await readlink('/proc/self/ns/net') });
  } finally {
    await removeLeftovers();
    held.close();
  }
}

/** Removes what nodes before left. Only for who holds the lock: a node that runs would lose its files. */
async function removeLeftovers(): Promise<void> {
  await removeCgroups(nodeCgroup);
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(nodeFolderPrefix));
  for (const name of names) await rm(path.join(tmpdir(), name), { recursive: true, force: true });
  // Only empty ones: what is in them is somebody else's.
  for (const place of createdPlaces) await rmdir(place).catch(() => undefined);
}

async function takeLock(report: (line: string) => void): Promise<Server> {
  let isTold = false;
  for (;;) {
    const server = createServer();
    const isTaken = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(true));
      server.listen(lock, () => resolve(false));
    });
    if (!isTaken) return server.unref();
    if (!isTold) report('Another node runs on this machine; waiting until it has ended.');
    isTold = true;
    await sleep(lockPollMs);
  }
}

function runCommand(command: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const namespaces = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  // The shell is the first process: it waits for the processes that others leave to it.
  const args = ['--pdeathsig', 'KILL', 'unshare', ...namespaces, 'sh', '-c', '"$@"; exit $?', 'sh', ...command];
  return new Promise((resolve, reject) => {
    const child = spawn('setpriv', args, { env, stdio: 'inherit' });
    // Ctrl-C reaches the command too, which ends by itself; what a node left has to be removed after that.
    const wait = (): void => undefined;
    const end = (): void => void child.kill('SIGKILL');
    process.on('SIGINT', wait).on('SIGTERM', end).on('SIGHUP', end);
    child.once('error', reject);
    child.once('exit', (code) => {
      process.off('SIGINT', wait).off('SIGTERM', end).off('SIGHUP', end);
      resolve(code ?? 1);
    });
  });
}
