import { z } from 'zod';

const names = z.record(z.string(), z.string()).default({});
const lockedPackage = z.looseObject({
  version: z.string().optional(),
  integrity: z.string().optional(),
  dependencies: names,
  devDependencies: names,
  optionalDependencies: names,
  peerDependencies: names,
  peerDependenciesMeta: z.record(z.string(), z.object({ optional: z.boolean().optional() })).default({}),
});
const lockFile = z.object({ packages: z.record(z.string(), lockedPackage) });
export type LockFile = z.infer<typeof lockFile>;

export function parseLockFile(text: string): LockFile {
  return lockFile.parse(JSON.parse(text));
}

/**
 * What a lock file lacks, one sentence each: packages that others name, and the hashes that packages are checked by.
 * Packages of other platforms count: `npm ci` refuses a lock file without them, and those platforms cannot run.
 */
export function findGaps({ packages }: LockFile): string[] {
  return Object.entries(packages).flatMap(([place, found]) => [
    ...(place === '' || found.integrity !== undefined ? [] : [`${place} has no integrity`]),
    ...namesNeededBy(found)
      .filter((name) => !isFound(packages, place, name))
      .map((name) => `${place || 'the project'} names ${name}, which is missing`),
  ]);
}

function namesNeededBy(found: LockFile['packages'][string]): string[] {
  const { dependencies, devDependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } = found;
  const peers = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true);
  return [
    ...new Set(
      [dependencies, devDependencies, optionalDependencies].flatMap((list) => Object.keys(list)).concat(peers),
    ),
  ];
}

/** As Node looks for a package: in the folder itself, then in each one around it. */
function isFound(packages: LockFile['packages'], place: string, name: string): boolean {
  for (let folder = place; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    if (packages[`${folder === '' ? '' : `${folder}/`}node_modules/${name}`] !== undefined) return true;
    if (folder === '') return false;
  }
}
