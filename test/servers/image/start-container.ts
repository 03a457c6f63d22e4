import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { runTool } from './image-store.ts';
import type { ImageConfig } from './read-archive.ts';
import { type ContainerRequest, toContainerSpec } from './to-container-spec.ts';

/** A running container of the image. */
export interface Container {
  /** Everything that its process has written so far. */
  output(): string;
  hasEnded(): boolean;
  /** What the kernel says about its first process. */
  inspect(): Promise<ContainerFacts>;
  /** SIGTERM to its first process, and its exit code. */
  stop(): Promise<number | null>;
  /** Ends it, whatever state it is in, and leaves nothing of it. */
  remove(): Promise<void>;
}

export interface ContainerFacts {
  readonly uids: string;
  readonly gids: string;
  readonly groups: string;
  /** Each set of capabilities as a hexadecimal number. */
  readonly capabilities: Readonly<Record<string, string>>;
  readonly noNewPrivileges: string;
  /** Options of the mount of its root. */
  readonly rootMount: readonly string[];
  readonly commandLine: readonly string[];
}

const containerState = z.object({ pid: z.number() });

/**
 * Ends the container and removes its folder as soon as the pipe to it is closed, be it because this process has died.
 * Detached: Ctrl-C reaches the whole foreground group, and the guard has to outlive it.
 */
function startGuard(bundle: string, id: string): ChildProcess {
  const script = 'cat >/dev/null; runc --root "$0/state" delete --force "$1"; rm -rf "$0"';
  const guard = spawn('sh', ['-c', script, bundle, id], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  guard.unref();
  return guard;
}

/** Starts a container by runc. @param rootFolder with the files of the image. */
export async function startContainer(
  rootFolder: string,
  config: ImageConfig,
  request: ContainerRequest,
): Promise<Container> {
  const id = `ucl-agent-${randomUUID().slice(0, 8)}`;
  const bundle = await mkdtemp(path.join(tmpdir(), `${id}-`));
  await writeFile(path.join(bundle, 'config.json'), JSON.stringify(toContainerSpec(id, rootFolder, config, request)));
  const guard = startGuard(bundle, id);
  const state = ['--root', path.join(bundle, 'state')];
  const child = spawn('runc', [...state, 'run', '--bundle', bundle, id], { stdio: ['ignore', 'pipe', 'pipe'] });
  let written = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      written += text;
    });
  }
  const ended = once(child, 'close').then(([code]: unknown[]) => (typeof code === 'number' ? code : null));
  const runc = (...args: string[]) => runTool('runc', [...state, ...args], {});
  return {
    output: () => written,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    inspect: async () => readFacts(containerState.parse(JSON.parse(await runc('state', id))).pid),
    stop: async () => {
      await runc('kill', id, 'TERM');
      return ended;
    },
    remove: async () => {
      guard.ref();
      const gone = once(guard, 'exit');
      guard.stdin?.end();
      await Promise.all([gone, ended]);
    },
  };
}

async function readFacts(pid: number): Promise<ContainerFacts> {
  const read = (name: string) => readFile(`/proc/${pid}/${name}`, 'utf8');
  const [status, mounts, commandLine] = await Promise.all([read('status'), read('mountinfo'), read('cmdline')]);
  const fields = new Map(
    status.split('\n').map((line) => [line.split(':')[0] ?? '', line.split(':\t')[1]?.trim() ?? '']),
  );
  const field = (name: string) => fields.get(name) ?? '';
  // The fifth field is the place, the sixth its options: proc(5).
  const rootMount = mounts.split('\n').find((line) => line.split(' ')[4] === '/');
  return {
    uids: field('Uid'),
    gids: field('Gid'),
    groups: field('Groups'),
    capabilities: Object.fromEntries(
      ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'].map((set) => [set, field(set)]),
    ),
    noNewPrivileges: field('NoNewPrivs'),
    rootMount: rootMount?.split(' ')[5]?.split(',') ?? [],
    commandLine: commandLine.split('\0').filter(Boolean),
  };
}
