import path from 'node:path';
import { buildGoPrograms, MissingBinariesError } from '../cluster/build-go-programs.ts';
import { type BinariesEnvironment, cacheFolderOf, executable } from '../cluster/cluster-binaries.ts';

const module = path.join(import.meta.dirname, 'go');

/**
 * Path of actionlint, which checks workflows of GitHub (https://github.com/rhysd/actionlint). It is built once, in half a
 * minute, from its Go module.
 * @throws MissingBinariesError where it cannot be built.
 */
export async function buildActionlint(env: BinariesEnvironment): Promise<string> {
  const folder = await cacheFolderOf('actionlint', module, env);
  const found = await executable(folder, 'actionlint');
  if (found !== undefined) return found;
  await buildGoPrograms({ module, packages: ['github.com/rhysd/actionlint/cmd/actionlint'], folder });
  const built = await executable(folder, 'actionlint');
  if (built === undefined) throw new MissingBinariesError(`The Go build left no actionlint in ${folder}.`);
  return built;
}
