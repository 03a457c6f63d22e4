import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { imageCacheFolder, runTool } from './image-store.ts';

/** The Debian that the official image named in the Dockerfile stands on, without pages for people. */
const debian = {
  suite: 'bookworm',
  options: [
    '--variant=minbase',
    '--include=ca-certificates,libstdc++6',
    '--customize-hook=cd "$1" && rm -rf usr/share/man usr/share/locale',
    '--customize-hook=cd "$1" && find usr/share/doc -type f ! -name copyright -delete',
    // They are copies of this machine's own.
    '--customize-hook=cd "$1" && rm -f etc/hostname etc/resolv.conf',
  ],
};
const npmPackage = 'npm@11.21.2';
const recipe = path.join(import.meta.dirname, 'base.Containerfile');

/**
 * The name of a base image for both stages, made of Debian packages and npm packages alone, since tests reach no image
 * registry. Made once for each recipe and version of Node; the first time takes two minutes.
 */
export async function makeBaseImage(
  store: Readonly<Record<string, string>>,
  report: (line: string) => void,
): Promise<string> {
  const name = `localhost/ucl-agent-base:${await describeBase()}`;
  const known = await runTool('buildah', ['images', '--format', '{{.Name}}:{{.Tag}}'], store);
  if (known.split('\n').includes(name)) return name;
  const root = await makeDebianRoot(report);
  report('Making a base image of it with Node and npm.');
  const context = await mkdtemp(path.join(imageCacheFolder, 'base-'));
  try {
    await copyFile(root, path.join(context, 'debian.tar'));
    await copyFile(process.execPath, path.join(context, 'node'));
    await runTool('npm', ['pack', npmPackage, '--silent', '--pack-destination', context], {});
    const archive = (await readdir(context)).find((file) => file.endsWith('.tgz')) ?? '';
    await rename(path.join(context, archive), path.join(context, 'npm.tgz'));
    await runTool('buildah', ['build', '--quiet', `--tag=${name}`, `--file=${recipe}`, context], store);
  } finally {
    await rm(context, { recursive: true });
  }
  return name;
}

/** A name for what the base image is made of. */
async function describeBase(): Promise<string> {
  return toKey([debian, npmPackage, process.version, process.arch, await readFile(recipe, 'utf8')]);
}

async function makeDebianRoot(report: (line: string) => void): Promise<string> {
  const file = path.join(imageCacheFolder, `debian-${toKey([debian, process.arch])}.tar`);
  if (existsSync(file)) return file;
  report(`Making a root file system of Debian ${debian.suite}; this takes minutes, once.`);
  const draft = file.replace(/\.tar$/, `.${process.pid}.tar`);
  await runTool('mmdebstrap', ['--quiet', ...debian.options, debian.suite, draft], {});
  await rename(draft, file);
  return file;
}

function toKey(ingredients: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(ingredients)).digest('hex').slice(0, 16);
}
