import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { runTool } from './image-store.ts';

const descriptor = z.object({
  digest: z.string(),
  size: z.number(),
  annotations: z.record(z.string(), z.string()).default({}),
});
const index = z.object({ manifests: z.tuple([descriptor]) });
const manifest = z.object({ config: descriptor, layers: z.array(descriptor) });
const imageConfig = z.object({
  created: z.string(),
  config: z.object({
    User: z.string().optional(),
    WorkingDir: z.string().optional(),
    Env: z.array(z.string()).default([]),
    Entrypoint: z.array(z.string()).nullish(),
    Cmd: z.array(z.string()).nullish(),
    ExposedPorts: z.record(z.string(), z.unknown()).default({}),
    Labels: z.record(z.string(), z.string()).default({}),
  }),
  rootfs: z.object({ diff_ids: z.array(z.string()) }),
});
export type ImageConfig = z.infer<typeof imageConfig>;

/** What a layer holds, as tar lists it. */
export interface LayerEntry {
  /** From the root, without a slash before it; folders end in one. */
  readonly path: string;
  /** `-r-xr-xr-x` */
  readonly mode: string;
  /** Numbers of user and group: `0/0`. */
  readonly owner: string;
  readonly bytes: number;
  /** `2026-11-22 10:00:00`, in UTC */
  readonly modified: string;
}

export interface Layer {
  /** Of the uncompressed tar: the same in every image that holds the layer. */
  readonly diffId: string;
  /** What is downloaded. */
  readonly compressedBytes: number;
  readTar(): Promise<Buffer>;
  list(): Promise<LayerEntry[]>;
}

export interface ArchivedImage {
  /** Full name with tag, as the archive has it. */
  readonly name: string | undefined;
  readonly config: ImageConfig;
  /** Everything in the archive but the layers: index, manifest, configuration with its history. */
  readonly texts: readonly string[];
  /** The bottom one first. */
  readonly layers: readonly Layer[];
}

/**
 * Reads an archive in the layout of OCI, https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 * @param folder an empty folder for what is in it; must stay as long as layers are read.
 */
export async function readArchive(archive: string, folder: string): Promise<ArchivedImage> {
  await runTool('tar', ['-xf', archive, '-C', folder], {});
  const toFile = ({ digest }: { digest: string }) => path.join(folder, 'blobs', ...digest.split(':'));
  const indexText = await readFile(path.join(folder, 'index.json'), 'utf8');
  const [top] = index.parse(JSON.parse(indexText)).manifests;
  const manifestText = await readFile(toFile(top), 'utf8');
  const { config, layers } = manifest.parse(JSON.parse(manifestText));
  const configText = await readFile(toFile(config), 'utf8');
  const parsed = imageConfig.parse(JSON.parse(configText));
  return {
    name: top.annotations['org.opencontainers.image.ref.name'],
    config: parsed,
    texts: [indexText, manifestText, configText],
    layers: layers.map((layer, position) =>
      openLayer(toFile(layer), layer.size, parsed.rootfs.diff_ids[position] ?? ''),
    ),
  };
}

function openLayer(file: string, compressedBytes: number, diffId: string): Layer {
  return {
    diffId,
    compressedBytes,
    readTar: async () => gunzipSync(await readFile(file)),
    list: async () => {
      const options = ['--list', '--verbose', '--gzip', '--numeric-owner', '--full-time'];
      const listing = await runTool('tar', [...options, `--file=${file}`], { TZ: 'UTC', LC_ALL: 'C' });
      return listing.split('\n').filter(Boolean).map(parseEntry);
    },
  };
}

function parseEntry(line: string): LayerEntry {
  const [, mode = '', owner = '', bytes, modified = '', name = ''] =
    /^(\S+) (\S+) +(\d+) (\S+ \S+) (.*)$/.exec(line) ?? [];
  return { path: name.replace(/^\.?\//, ''), mode, owner, bytes: Number(bytes), modified };
}
