import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { buildImage, npmCanary } from '../../servers/image/build-image.ts';
import { prepareImageStore, runTool } from '../../servers/image/image-store.ts';
import { type ArchivedImage, type Layer, readArchive } from '../../servers/image/read-archive.ts';

const root = path.join(import.meta.dirname, '../../..');
const kib = 1024;
const inspectedImage = z.object({
  OCIv1: z.object({ rootfs: z.object({ diff_ids: z.array(z.string()).min(1) }) }),
});

let folder: string;
let image: ArchivedImage;
/** The layers that the image has beyond its base. */
let ownLayers: Layer[];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ucl-agent-image-'));
  const built = await buildImage(console.error);
  image = await readArchive(built.archive, folder);
  const inspected = await runTool('buildah', ['inspect', '--type=image', built.baseImage], await prepareImageStore());
  const baseLayers = inspectedImage.parse(JSON.parse(inspected)).OCIv1.rootfs.diff_ids;
  ownLayers = image.layers.filter(({ diffId }) => !baseLayers.includes(diffId));
  expect(ownLayers.length).toBe(image.layers.length - baseLayers.length);
});

afterAll(() => rm(folder, { recursive: true }));

test('the image adds these files to its base, and nothing else', async () => {
  const entries = (await Promise.all(ownLayers.map((layer) => layer.list()))).flat();
  const files = entries
    .filter(({ mode }) => !mode.startsWith('d'))
    .map(({ mode, owner, path }) => `${mode} ${owner} ${path}`);
  expect(files.sort()).toEqual([
    // Signs that a file of the base is gone: what installs packages.
    '---------- 0/0 usr/local/bin/.wh.npm',
    '---------- 0/0 usr/local/bin/.wh.npx',
    '---------- 0/0 usr/local/lib/.wh.node_modules',
    '-r--r--r-- 0/0 app/LICENSE',
    '-r--r--r-- 0/0 app/package.json',
    '-r--r--r-- 0/0 app/ucl-agent.js.LEGAL.txt',
    '-r-xr-xr-x 0/0 app/compass-runtime-agent',
    '-r-xr-xr-x 0/0 app/ucl-agent.js',
  ]);
  const folders = entries.filter(({ mode }) => mode.startsWith('d'));
  expect(folders.filter(({ mode, owner }) => mode !== 'drwxr-xr-x' || owner !== '0/0')).toEqual([]);
});

test('each file that it adds is as small as expected', async () => {
  const limits: Record<string, number> = {
    'app/ucl-agent.js': 2_150 * kib,
    'app/LICENSE': 12 * kib,
    'app/ucl-agent.js.LEGAL.txt': 12 * kib,
    'app/package.json': 100,
    'app/compass-runtime-agent': 100,
  };
  const entries = (await Promise.all(ownLayers.map((layer) => layer.list()))).flat();
  const tooLarge = entries.filter((entry) => entry.bytes > (limits[entry.path] ?? 0));
  expect(tooLarge.map((entry) => `${entry.path}: ${entry.bytes}`)).toEqual([]);
  expect(ownLayers.reduce((sum, layer) => sum + layer.compressedBytes, 0)).toBeLessThan(600 * kib);
});

test('the settings of npm that the build needed stand in no layer and nowhere in the history', async () => {
  expect(image.texts.filter((text) => text.includes(npmCanary))).toEqual([]);
  for (const layer of ownLayers) expect((await layer.readTar()).includes(npmCanary), layer.diffId).toBe(false);
});

test('it starts nothing of its own accord but the agent, as a user without a name', () => {
  const { Entrypoint, Cmd, User, WorkingDir, Env, ExposedPorts } = image.config.config;
  expect({ Entrypoint: Entrypoint ?? [], Cmd, User, WorkingDir }).toEqual({
    Entrypoint: [],
    Cmd: ['node', '/app/ucl-agent.js', 'run'],
    User: '65535:65535',
    WorkingDir: '/app',
  });
  expect(Env.filter((variable) => !variable.startsWith('PATH='))).toEqual(['NODE_ENV=production']);
  expect(Object.keys(ExposedPorts)).toEqual(['8090/tcp']);
});

test('its labels tell what it is, by the names of OCI', async () => {
  const { version, description, license } = z
    .object({ version: z.string(), description: z.string(), license: z.string() })
    .parse(JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')));
  const prefix = 'org.opencontainers.image';
  expect(image.config.config.Labels).toMatchObject({
    [`${prefix}.title`]: 'ucl-agent',
    [`${prefix}.description`]: description,
    [`${prefix}.licenses`]: license,
    [`${prefix}.version`]: version,
    [`${prefix}.revision`]: expect.stringMatching(/^[0-9a-f]{40}(-dirty)?$/),
  });
});

test('the same commit gives the same files: none bears the time of the build', async () => {
  const entries = (await Promise.all(ownLayers.map((layer) => layer.list()))).flat();
  const times = new Set(entries.map(({ modified }) => `${modified.replace(' ', 'T')}Z`));
  expect([...times]).toEqual([image.config.created]);
});
