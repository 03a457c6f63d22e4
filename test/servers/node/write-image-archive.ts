import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface ImageContents {
  /** `repository:tag`. */
  name: string;
  /** Folder that becomes the root of the image's file system, in one layer; all files belong to root. */
  rootFolder: string;
  entrypoint: readonly string[];
}

/** Writes an image as `docker save` does. For images that are a folder and nothing more: nothing is built. */
export async function writeImageArchive(file: string, { name, rootFolder, entrypoint }: ImageContents): Promise<void> {
  const folder = await mkdtemp(`${file}.`);
  try {
    const layer = path.join(folder, 'layer.tar');
    await run('tar', ['--create', '--file', layer, '--owner=0', '--group=0', '--directory', rootFolder, '.']);
    const hash = createHash('sha256');
    await pipeline(createReadStream(layer), hash);
    const config = {
      architecture: architectures[process.arch] ?? process.arch,
      os: 'linux',
      config: { Entrypoint: entrypoint },
      rootfs: { type: 'layers', diff_ids: [`sha256:${hash.digest('hex')}`] },
    };
    await writeFile(path.join(folder, 'config.json'), JSON.stringify(config));
    const manifest = [{ Config: 'config.json', RepoTags: [name], Layers: ['layer.tar'] }];
    await writeFile(path.join(folder, 'manifest.json'), JSON.stringify(manifest));
    await run('tar', ['--create', '--file', file, '--directory', folder, 'manifest.json', 'config.json', 'layer.tar']);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Node's names of processors, and those of container images where they differ. */
const architectures: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64' };
