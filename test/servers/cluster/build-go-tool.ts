import path from 'node:path';
import { buildGoPrograms, MissingBinariesError } from './build-go-programs.ts';
import { type BinariesEnvironment, cacheFolderOf, executable } from './cluster-binaries.ts';

/**
 * Path of a program that is built once from its Go module.
 * @param module folder of the Go module that requires the program's.
 * @param program its package, after whose last part it is named.
 * @throws MissingBinariesError where it cannot be built.
 */
export async function buildGoTool(module: string, program: string, env: BinariesEnvironment): Promise<string> {
  const name = path.posix.basename(program);
  const folder = await cacheFolderOf(name, module, env);
  const found = await executable(folder, name);
  if (found !== undefined) return found;
  await buildGoPrograms({ module, packages: [program], folder });
  const built = await executable(folder, name);
  if (built === undefined) throw new MissingBinariesError(`The Go build left no ${name} in ${folder}.`);
  return built;
}
