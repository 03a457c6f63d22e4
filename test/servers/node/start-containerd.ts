import { execFile } from 'node:child_process';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { ClusterProcess, ClusterProcesses } from '../cluster/cluster-processes.ts';
import { type NodePaths, pauseImage, type Snapshotter, toContainerdConfig } from './node-configuration.ts';
import { toPodNetwork } from './node-network.ts';
import type { NodePrograms } from './node-programs.ts';
import { writeImageArchive } from './write-image-archive.ts';

const run = promisify(execFile);

export interface ContainerdOptions {
  paths: NodePaths;
  processes: ClusterProcesses;
  programs: Pick<NodePrograms, 'containerd' | 'ctr' | 'pause'>;
  cniPlugins: string;
  images: readonly NodeImage[];
}

/** An image that pods of the node can have. */
export interface NodeImage {
  archive: string;
  /** As it stands in the archive, with its registry. */
  name: string;
  /** Other names under which pods ask for it. */
  alsoNamed: readonly string[];
}

const readyTimeoutMs = 60_000;
const pollIntervalMs = 100;

/**
 * Starts containerd with the images given and the one that holds a pod; there is no registry to pull others from.
 * @throws with the end of its log when it does not answer.
 */
export async function startContainerd(options: ContainerdOptions): Promise<void> {
  const { paths, processes, programs, cniPlugins } = options;
  const { folder, cniConfig } = paths;
  const config = path.join(folder, 'containerd.toml');
  await mkdir(cniConfig);
  const network = toPodNetwork(path.join(folder, 'addresses'));
  await writeFile(path.join(cniConfig, 'pods.conflist'), JSON.stringify(network));
  const snapshotter = await chooseSnapshotter(folder);
  await writeFile(config, toContainerdConfig(paths, cniPlugins, snapshotter));
  const containerd = processes.start('containerd', programs.containerd, ['--config', config]);
  const ctr = (args: string[]) =>
    run(programs.ctr, ['--address', paths.containerdSocket, '--namespace', 'k8s.io', ...args]);
  await waitUntilAnswers(containerd, () => ctr(['version']));
  const pause = { archive: await writePauseImage(folder, programs.pause), name: pauseImage, alsoNamed: [] };
  for (const { archive, name, alsoNamed } of [pause, ...options.images]) {
    await ctr(['images', 'import', '--local', '--snapshotter', snapshotter, archive]);
    for (const other of alsoNamed) await ctr(['images', 'tag', name, other]);
  }
}

/** A copy of the image for each container takes seconds of a busy disk: only where the kernel cannot lay one above it there. */
async function chooseSnapshotter(folder: string): Promise<Snapshotter> {
  const trial = path.join(folder, 'overlay-trial');
  const inTrial = (name: string) => path.join(trial, name);
  for (const name of ['lower', 'upper', 'work', 'merged']) await mkdir(inTrial(name), { recursive: true });
  const layers = `lowerdir=${inTrial('lower')},upperdir=${inTrial('upper')},workdir=${inTrial('work')}`;
  try {
    await run('mount', ['-t', 'overlay', 'overlay', '-o', layers, inTrial('merged')]);
    await run('umount', [inTrial('merged')]);
    return 'overlayfs';
  } catch {
    return 'native';
  }
}

async function waitUntilAnswers(containerd: ClusterProcess, ask: () => Promise<unknown>): Promise<void> {
  const endMs = performance.now() + readyTimeoutMs;
  for (;;) {
    const failure: unknown = await ask().then(
      () => undefined,
      (error: unknown) => error,
    );
    if (failure === undefined) return;
    if (containerd.hasExited() || performance.now() > endMs) {
      throw new Error(`containerd did not answer:\n${containerd.logTail()}`, { cause: failure });
    }
    await sleep(pollIntervalMs);
  }
}

async function writePauseImage(folder: string, program: string): Promise<string> {
  const rootFolder = path.join(folder, 'pause');
  const archive = path.join(folder, 'pause.tar');
  await mkdir(rootFolder);
  await copyFile(program, path.join(rootFolder, 'pause'));
  await writeImageArchive(archive, { name: pauseImage, rootFolder, entrypoint: ['/pause'] });
  return archive;
}
