import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';

/** A server of the cluster that runs as a process of its own. */
export interface ClusterProcess {
  hasExited(): boolean;
  /** Resolves when it has ended, for whatever reason. */
  readonly exited: Promise<void>;
  /** The end of what it wrote, for error messages. */
  logTail(): string;
  /** Asks it to end, and ends it by force after `graceMs`. Returns when it is gone. */
  end(graceMs?: number): Promise<void>;
}

/**
 * The processes of one cluster. A guard, which notices the death of this process by the end of a pipe, ends them and
 * removes the folder then; so a killed test run leaves nothing behind.
 */
export class ClusterProcesses {
  readonly #folder: string;
  readonly #guard: ChildProcess;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(path.join(folder, 'pids'), { recursive: true });
    const script =
      'cat >/dev/null; for f in "$0"/pids/*; do [ -e "$f" ] && kill -KILL "$(basename "$f")"; done; sleep 0.2; rm -rf "$0"';
    // Detached: Ctrl-C reaches the whole foreground group, and the guard has to outlive it.
    this.#guard = spawn('sh', ['-c', script, folder], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    this.#guard.unref();
  }

  /** Starts a program; its output goes to `<name>.log` in the folder of the cluster. */
  start(name: string, file: string, args: string[]): ClusterProcess {
    const logFile = path.join(this.#folder, `${name}.log`);
    const log = openSync(logFile, 'a');
    const child = spawn(file, args, { stdio: ['ignore', log, log], cwd: this.#folder });
    closeSync(log);
    let gone = false;
    const exited = this.adopt(child, name).then(() => {
      gone = true;
    });
    return {
      hasExited: () => gone,
      exited,
      logTail: () => readFileSync(logFile, 'utf8').split('\n').slice(-8).join('\n').trim(),
      end: async (graceMs = 10_000) => {
        child.kill('SIGTERM');
        const force = setTimeout(() => child.kill('SIGKILL'), graceMs);
        await exited;
        clearTimeout(force);
      },
    };
  }

  /** Puts a process under the guard too. Resolves when it has ended; until then its name stands in its pid file. */
  adopt(child: ChildProcess, name = ''): Promise<void> {
    const pidFile = path.join(this.#folder, 'pids', String(child.pid));
    if (child.pid !== undefined) {
      writeFileSync(pidFile, name);
    }
    return new Promise((resolve) => {
      const settle = (): void => {
        rmSync(pidFile, { force: true });
        resolve();
      };
      child.once('error', settle);
      child.once('exit', settle);
    });
  }

  /** Lets the guard end whatever still runs and remove the folder. Returns when both are done. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#guard.ref();
      this.#guard.once('exit', () => resolve());
      this.#guard.stdin?.end();
    });
  }
}

/** Ports of 127.0.0.1 that were free a moment ago. Held together, so that they differ. */
export async function findFreePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(0, '127.0.0.1', resolve);
      });
      return server;
    }),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    if (address === null || typeof address === 'string') {
      throw new Error('A listening socket has no port.');
    }
    return address.port;
  });
  await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
  return ports;
}
