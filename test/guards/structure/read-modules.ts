import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readModule, type SourceModule } from './read-module.ts';

/** All TypeScript sources below a folder of the repository, by their path within it, with `/`. */
export function readModules(folder: string): Map<string, SourceModule> {
  const root = join(import.meta.dirname, '../../..', folder);
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
  return new Map(paths.map((path) => [path.replaceAll('\\', '/'), readModule(readFileSync(join(root, path), 'utf8'))]));
}
