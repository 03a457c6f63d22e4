import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { z } from 'zod';
import { packRelease } from './pack-release.ts';
import { setVersion, versionedFiles } from './set-version.ts';

/** `npm run release -- prepare X.Y.Z | pack`: a version is set in one place and written to all, and its files are made. */

const root = path.join(import.meta.dirname, '../../..');
const inRoot = (file: string) => path.join(root, file);

async function readVersion(): Promise<string> {
  const text = await readFile(inRoot('package.json'), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}

async function readTexts(): Promise<Map<string, string>> {
  const read = versionedFiles.map(async ({ file, isOptional }): Promise<[string, string][]> => {
    try {
      return [[file, await readFile(inRoot(file), 'utf8')]];
    } catch (error: unknown) {
      if (isOptional !== true) throw error;
      return [];
    }
  });
  return new Map((await Promise.all(read)).flat());
}

async function prepare(to: string, { dryRun = false, date }: { dryRun?: boolean; date: string }): Promise<void> {
  const texts = await readTexts();
  const changed = setVersion(texts, { from: await readVersion(), to, date });
  for (const [file, text] of changed) {
    const before = new Set(texts.get(file)?.split('\n'));
    for (const line of text.split('\n').filter((each) => !before.has(each))) console.log(`${file}: ${line.trim()}`);
    if (!dryRun) await writeFile(inRoot(file), text);
  }
  console.log(dryRun ? 'Nothing was written.' : 'Next: npm test, then commit and tag (docs/releasing.md).');
}

/** Of the commit, so that the same one gives the same files. */
async function readCommitTime(): Promise<Date> {
  const epoch = process.env.SOURCE_DATE_EPOCH;
  const { stdout } = epoch
    ? { stdout: epoch }
    : await promisify(execFile)('git', ['log', '-1', '--format=%ct'], { cwd: root });
  return new Date(Number(stdout) * 1000);
}

interface PackArguments {
  readonly tag?: string;
  readonly folder: string;
  readonly with?: readonly string[];
  readonly dryRun?: boolean;
}

async function pack({ tag, folder, with: others = [], dryRun = false }: PackArguments): Promise<void> {
  const version = await readVersion();
  if (tag !== undefined && tag !== `v${version}`) {
    throw new Error(`The tag ${tag} is not that of version ${version} in package.json.`);
  }
  const target = dryRun ? await mkdtemp(path.join(tmpdir(), 'ucl-agent-release-')) : path.resolve(folder);
  try {
    await packRelease({ root, version, at: await readCommitTime(), folder: target, others });
    process.stdout.write(await readFile(path.join(target, 'SHA256SUMS'), 'utf8'));
  } finally {
    if (dryRun) await rm(target, { recursive: true });
  }
  console.log(dryRun ? 'Nothing was kept.' : `The files of ${version} are in ${target}.`);
}

const today = new Date().toISOString().slice(0, 10);
const program = new Command('release').description('sets a version, and makes the files of a release');
program
  .command('prepare <version>')
  .description('writes the version wherever it stands, and makes a section of the changelog of what is unreleased')
  .option('--date <date>', 'of the release', today)
  .option('--dry-run', 'tell the changed lines and write nothing')
  .action(prepare);
program
  .command('pack')
  .description('makes the files of the version in package.json: program, manifests, chart, SBOM, notes, checksums')
  .option('--tag <tag>', 'fail unless it is the tag of that version')
  .option('--folder <folder>', 'where they go; what is in it is removed', inRoot('dist/release'))
  .option('--with <files...>', 'further files of the release')
  .option('--dry-run', 'make them, tell their checksums, and keep none')
  .action(pack);

try {
  await program.parseAsync();
} catch (error: unknown) {
  console.error(error instanceof Error ? error.message : 'The release failed.');
  process.exitCode = 1;
}
