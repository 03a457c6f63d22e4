import { z } from 'zod';

/** What esbuild tells of a bundle: which file gave how many bytes. */
const metafile = z.object({
  outputs: z.record(
    z.string(),
    z.looseObject({ inputs: z.record(z.string(), z.object({ bytesInOutput: z.number() })).default({}) }),
  ),
});

const lockFile = z.object({ packages: z.record(z.string(), z.looseObject({ version: z.string().optional() })) });

const license = z.union([
  z.looseObject({ license: z.looseObject({ id: z.string().optional(), name: z.string().optional() }) }),
  z.looseObject({ expression: z.string() }),
]);
const component = z.looseObject({
  'bom-ref': z.string(),
  name: z.string(),
  version: z.string(),
  licenses: z.array(license).default([]),
});

/** A CycloneDX document, with what is used of it here. */
const sbom = z.looseObject({
  bomFormat: z.literal('CycloneDX'),
  specVersion: z.string(),
  metadata: z.looseObject({ component: z.looseObject({ 'bom-ref': z.string() }) }),
  components: z.array(component),
  dependencies: z.array(z.looseObject({ ref: z.string(), dependsOn: z.array(z.string()).default([]) })),
});
export type Sbom = z.infer<typeof sbom>;

/** Folder of the package that a file belongs to, the innermost one. */
const packageFolder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;

/**
 * The packages in the bundle, as `name@version`, sorted: of a package that is installed, only what is imported gets in.
 * @throws Error where a package of the bundle is not in the lock file.
 */
export function listBundled(metafileText: string, lockText: string): string[] {
  const { outputs } = metafile.parse(JSON.parse(metafileText));
  const { packages } = lockFile.parse(JSON.parse(lockText));
  const folders = Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([file, { bytesInOutput }]) =>
      bytesInOutput > 0 ? (packageFolder.exec(file)?.[0] ?? []) : [],
    ),
  );
  const names = [...new Set(folders)].map((folder) => {
    const version = packages[folder]?.version;
    if (version === undefined) throw new Error(`${folder} is in the bundle and not in the lock file.`);
    return `${folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length)}@${version}`;
  });
  return [...new Set(names)].sort();
}

/**
 * The CycloneDX document of the bundle, out of the one that `npm sbom` writes of all that is installed.
 * @param at When; the same commit shall give the same document, so it has no serial number.
 * @throws Error where npm's document lacks a package of the bundle.
 */
export function toBundleSbom(sbomText: string, bundled: readonly string[], at: Date): Sbom {
  const { serialNumber: _, metadata, ...whole } = sbom.parse(JSON.parse(sbomText));
  const wanted = new Set(bundled);
  const components = whole.components.filter(({ name, version }) => wanted.has(`${name}@${version}`));
  const found = new Set(components.map(({ name, version }) => `${name}@${version}`));
  const missing = bundled.filter((name) => !found.has(name));
  if (missing.length > 0) throw new Error(`npm sbom does not name ${missing.join(', ')}.`);
  const root = metadata.component['bom-ref'];
  const refs = new Set([root, ...components.map((each) => each['bom-ref'])]);
  return {
    ...whole,
    metadata: {
      ...metadata,
      timestamp: at.toISOString(),
      component: { ...metadata.component, type: 'application', name: 'ucl-agent' },
    },
    components,
    dependencies: whole.dependencies
      .filter(({ ref }) => refs.has(ref))
      .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((each) => refs.has(each)) })),
  };
}

/** SPDX names of the licences of each component; empty where it has none. */
export function licensesOf({ licenses }: Sbom['components'][number]): string[] {
  return licenses.flatMap((each) => {
    if ('expression' in each && typeof each.expression === 'string') return [each.expression];
    const own = 'license' in each ? each.license : undefined;
    const named = z.looseObject({ id: z.string().optional(), name: z.string().optional() }).safeParse(own).data;
    return named?.id ?? named?.name ?? [];
  });
}
