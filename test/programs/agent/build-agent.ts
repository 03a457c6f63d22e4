import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { access, constants, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const root = path.join(import.meta.dirname, '../../..');
/** Where built programs stay; the second one is for a checkout that is read-only. */
const cacheFolders = [
  path.join(root, 'node_modules/.cache/ucl-agent'),
  path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'ucl-agent/build'),
];
/** What the bundle is made of. */
const sources = ['agent', 'graphql', 'build.ts', 'package-lock.json'];

/**
 * The program as it is delivered, built from the present sources: one file, which starts four times as fast as the
 * sources do. Built once for all test files. Gives its path.
 */
export async function buildAgent(): Promise<string> {
  const key = await hashSources();
  const built = cacheFolders.map((folder) => path.join(folder, key, 'ucl-agent.js')).find(existsSync);
  if (built !== undefined) return built;
  const cacheFolder = await findWritable();
  const folder = path.join(cacheFolder, key);
  const draft = path.join(cacheFolder, `draft-${randomUUID()}`);
  await promisify(execFile)(process.execPath, [path.join(root, 'build.ts'), draft]);
  // Another test file may have been faster.
  await rename(draft, folder).catch(() => rm(draft, { recursive: true }));
  return path.join(folder, 'ucl-agent.js');
}

async function findWritable(): Promise<string> {
  for (const folder of cacheFolders) {
    try {
      await mkdir(folder, { recursive: true });
      await access(folder, constants.W_OK);
      return folder;
    } catch {
      // The next one may do.
    }
  }
  throw new Error(`The agent cannot be built: neither ${cacheFolders.join(' nor ')} can be written.`);
}

async function hashSources(): Promise<string> {
  const listed = await Promise.all(sources.map(listFiles));
  const hash = createHash('sha256');
  for (const file of listed.flat().sort()) hash.update(file).update(await readFile(path.join(root, file)));
  return hash.digest('hex').slice(0, 16);
}

async function listFiles(source: string): Promise<string[]> {
  if (path.extname(source) !== '') return [source];
  const entries = await readdir(path.join(root, source), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));
}
