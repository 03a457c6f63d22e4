import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { buildAgent } from '../agent/build-agent.ts';
import { readBundleSbom } from './read-bundle-sbom.ts';
import { toReleaseNotes } from './set-version.ts';

const run = promisify(execFile);

export interface PackOptions {
  /** Folder of the project. */
  readonly root: string;
  readonly version: string;
  /** The time that every file gets: the same commit gives the same archives. */
  readonly at: Date;
  /** Where the files go; what is in it is removed first. */
  readonly folder: string;
  /** Further files that belong to the release, such as archives of the command line. */
  readonly others: readonly string[];
}

/**
 * Makes the files of a release: the program with its licences, the manifests, the chart where there is one, the SBOM, the
 * notes, and the checksums of all. Gives their names. Needs GNU tar.
 */
export async function packRelease({ root, version, at, folder, others }: PackOptions): Promise<string[]> {
  const program = await buildAgent();
  const notes = toReleaseNotes(await readFile(path.join(root, 'CHANGELOG.md'), 'utf8'), version);
  const sbom = await readBundleSbom(root, path.join(path.dirname(program), 'ucl-agent.meta.json'), at);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const inFolder = (name: string) => path.join(folder, name);
  const draft = await mkdtemp(path.join(tmpdir(), 'ucl-agent-release-'));
  try {
    await Promise.all([
      copyFile(program, path.join(draft, 'ucl-agent.js')),
      copyFile(`${program}.LEGAL.txt`, path.join(draft, 'ucl-agent.js.LEGAL.txt')),
      copyFile(path.join(root, 'LICENSE'), path.join(draft, 'LICENSE')),
    ]);
    const files = ['LICENSE', 'ucl-agent.js', 'ucl-agent.js.LEGAL.txt'];
    await archive(inFolder(`ucl-agent-program-${version}.tar.gz`), draft, files, at);
  } finally {
    await rm(draft, { recursive: true });
  }
  const withoutChart = ['--exclude=manifests/chart', 'manifests'];
  await archive(inFolder(`ucl-agent-manifests-${version}.tar.gz`), root, withoutChart, at);
  if ((await readdir(path.join(root, 'manifests'))).includes('chart')) {
    // As `helm package` names it, and the folder in it.
    const renamed = ['--transform=s,^chart,ucl-agent,', 'chart'];
    await archive(inFolder(`ucl-agent-${version}.tgz`), path.join(root, 'manifests'), renamed, at);
  }
  await writeFile(inFolder(`ucl-agent-${version}.cdx.json`), `${JSON.stringify(sbom, undefined, 2)}\n`);
  await writeFile(inFolder('NOTES.md'), notes);
  for (const file of others) await copyFile(file, inFolder(path.basename(file)));
  return writeChecksums(folder);
}

/** An archive that is the same each time: sorted, of nobody, with one time. */
async function archive(file: string, from: string, what: readonly string[], at: Date): Promise<void> {
  const time = `--mtime=@${Math.floor(at.getTime() / 1000)}`;
  const plain = ['--sort=name', time, '--owner=0', '--group=0', '--numeric-owner', '--mode=u=rwX,go=rX'];
  await run('tar', ['--create', '--use-compress-program=gzip -n', ...plain, `--file=${file}`, '-C', from, ...what]);
}

/** In the form that `sha256sum --check` reads. */
async function writeChecksums(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).sort();
  const sums = await Promise.all(
    names.map(async (name) => {
      const content = await readFile(path.join(folder, name));
      return `${createHash('sha256').update(content).digest('hex')}  ${name}\n`;
    }),
  );
  await writeFile(path.join(folder, 'SHA256SUMS'), sums.join(''));
  return [...names, 'SHA256SUMS'];
}
