import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { imageCacheFolder, prepareImageStore, runTool } from './image-store.ts';
import { makeBaseImage } from './make-base-image.ts';

/** This machine cannot build or run images; the message is one line that says what is missing. */
export class MissingToolsError extends Error {
  override readonly name = 'MissingToolsError';
}

export interface BuiltImage {
  /** Archive in the layout of OCI. */
  readonly archive: string;
  /** The name that the archive gives the image, as manifests/deployment.yaml has it. */
  readonly name: string;
  /** The image that it stands on. */
  readonly baseImage: string;
}

const root = path.join(import.meta.dirname, '../../..');
/** What the image is made of, and by. */
const sources = [
  ...['Dockerfile', '.dockerignore', '.npmrc', 'LICENSE', 'package.json', 'package-lock.json', 'build.ts'],
  ...[
    'agent',
    'graphql',
    'test/programs/install-progress.mjs',
    'test/programs/install.mjs',
    'test/programs/run.mjs',
    'test/programs/image',
  ],
];
const tools = { buildah: 'buildah', runc: 'runc', mmdebstrap: 'mmdebstrap' };
const keptArchives = 5;

/** A setting of npm that must be found nowhere in the image. */
export const npmCanary = 'canary-in-the-settings-of-npm';

/**
 * The image as `npm run image` builds it, on base images of our own. Built once for each state of the sources, in some
 * three minutes; the first time takes two more. Two callers at once do no harm.
 * @param report is given one line for each step that takes long.
 * @throws MissingToolsError when this machine cannot do it.
 */
export async function buildImage(report: (line: string) => void): Promise<BuiltImage> {
  requireTools();
  await mkdir(imageCacheFolder, { recursive: true });
  const store = await prepareImageStore();
  const baseImage = await makeBaseImage(store, report);
  const name = await readImageName();
  const folder = path.join(imageCacheFolder, 'archives');
  const archive = path.join(folder, `${await hashSources(baseImage)}.tar`);
  if (!existsSync(archive)) {
    report('Building the image from the present sources; this takes minutes.');
    await mkdir(folder, { recursive: true });
    await build(store, baseImage, name, archive);
    await removeOld(store, folder);
  }
  return { archive, name, baseImage };
}

function requireTools(): void {
  const missing = Object.entries(tools).filter(([program]) => spawnSync(program, ['--version']).error !== undefined);
  const needs = [
    ...(process.platform === 'linux' && process.getuid?.() === 0 ? [] : ['root on Linux']),
    ...(missing.length === 0 ? [] : [`the Debian packages ${missing.map(([, name]) => name).join(', ')}`]),
  ];
  if (needs.length > 0) throw new MissingToolsError(`The tests of the image need ${needs.join(' and ')}.`);
}

async function build(
  store: Readonly<Record<string, string>>,
  baseImage: string,
  name: string,
  archive: string,
): Promise<void> {
  const draft = `${archive}.${process.pid}`;
  const userFile = process.env.npm_config_userconfig ?? path.join(process.env.HOME ?? '', '.npmrc');
  const npmrc = `${draft}.npmrc`;
  const known = existsSync(userFile) ? await readFile(userFile, 'utf8') : '';
  await writeFile(npmrc, `${known}\n//registry.example.test/:_authToken=${npmCanary}\n`, { mode: 0o600 });
  try {
    const bases = [`--build-image=${baseImage}`, `--runtime-image=${baseImage}`];
    const args = ['--builder=buildah', `--tag=${name}`, ...bases, `--output=${draft}`];
    await runTool('npm', ['run', '-s', 'image', '--', ...args], { ...store, npm_config_userconfig: npmrc }, root);
    await rename(draft, archive);
  } finally {
    await rm(npmrc);
    await rm(draft, { force: true });
  }
}

/** Keeps the cache from growing with each change of the sources. */
async function removeOld(store: Readonly<Record<string, string>>, folder: string): Promise<void> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.tar')).map((file) => path.join(folder, file));
  const withAge = await Promise.all(files.map(async (file) => ({ file, madeAt: (await stat(file)).mtimeMs })));
  const old = withAge.sort((a, b) => b.madeAt - a.madeAt).slice(keptArchives);
  await Promise.all(old.map(({ file }) => rm(file, { force: true })));
  // What somebody else uses right now goes with the next build.
  await runTool('buildah', ['rmi', '--prune'], store).catch(() => undefined);
}

async function readImageName(): Promise<string> {
  const deployment = await readFile(path.join(root, 'manifests/deployment.yaml'), 'utf8');
  const [, image] = /^\s*image: (\S+)$/m.exec(deployment) ?? [];
  if (image === undefined) throw new Error('manifests/deployment.yaml names no image');
  return `docker.io/library/${image}`;
}

async function hashSources(baseImage: string): Promise<string> {
  const hash = createHash('sha256').update(baseImage);
  for (const source of sources) {
    for (const file of await listFiles(source)) hash.update(file).update(await readFile(path.join(root, file)));
  }
  return hash.digest('hex').slice(0, 16);
}

async function listFiles(source: string): Promise<string[]> {
  if (/\.\w+$|file$|LICENSE$/.test(source)) return [source];
  const entries = await readdir(path.join(root, source), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => path.relative(root, path.join(entry.parentPath, entry.name))).sort();
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    const { archive } = await buildImage((line) => process.stderr.write(`${line}\n`));
    process.stdout.write(`${archive}\n`);
  } catch (error: unknown) {
    if (!(error instanceof MissingToolsError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
