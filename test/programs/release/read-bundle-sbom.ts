import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { listBundled, type Sbom, toBundleSbom } from './to-bundle-sbom.ts';

const run = promisify(execFile);
const maxBytes = 64 * 1024 * 1024;

/**
 * The CycloneDX document of the built bundle. It needs no network: npm reads the lock file alone.
 * @param root Folder of the project; `metaFile` is what esbuild told of the build.
 */
export async function readBundleSbom(root: string, metaFile: string, at: Date): Promise<Sbom> {
  const [meta, lock] = await Promise.all([
    readFile(metaFile, 'utf8'),
    readFile(path.join(root, 'package-lock.json'), 'utf8'),
  ]);
  // Not --omit=dev: npm then leaves out what a development dependency needs too, such as zod.
  const args = ['sbom', '--sbom-format=cyclonedx', '--package-lock-only', '--offline'];
  const { stdout } = await run('npm', args, { cwd: root, maxBuffer: maxBytes });
  return toBundleSbom(stdout, listBundled(meta, lock), at);
}
