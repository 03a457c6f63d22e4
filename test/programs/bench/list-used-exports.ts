import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** What the sources take from one package. */
export interface UsedExports {
  readonly name: string;
  /** By the path within the package that is imported, such as `zod/mini`. */
  readonly specifiers: readonly { readonly specifier: string; readonly exports: readonly string[] }[];
}

/** What is loaded when it is needed, by `import()`, is left out. */
const imports = /^import (?!type )(?:([^;]*?) from )?'([^']+)';/gm;

/** Reads the imports of all sources in a folder, and lists the packages by name. */
export async function listUsedExports(folder: string): Promise<UsedExports[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.ts'));
  return toUsedExports(
    await Promise.all(files.map((entry) => readFile(path.join(entry.parentPath, entry.name), 'utf8'))),
  );
}

/** The same of the texts of sources. */
export function toUsedExports(sources: readonly string[]): UsedExports[] {
  const bySpecifier = new Map<string, Set<string>>();
  for (const source of sources) {
    for (const [, clause = '', specifier = ''] of source.matchAll(imports)) {
      if (specifier.startsWith('.') || specifier.startsWith('node:')) continue;
      const known = bySpecifier.get(specifier) ?? new Set();
      for (const name of listNames(clause, source)) known.add(name);
      bySpecifier.set(specifier, known);
    }
  }
  const listed = [...bySpecifier].map(([specifier, exports]) => ({ specifier, exports: [...exports].sort() }));
  const packages = Map.groupBy(listed, ({ specifier }) => toPackage(specifier));
  return [...packages]
    .map(([name, specifiers]) => ({ name, specifiers }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** `a, { b, type C, d as e }` gives default, b, d; `* as z` gives whatever the source takes by `z.`. */
function listNames(clause: string, source: string): string[] {
  const namespace = /\* as (\w+)/.exec(clause)?.[1];
  if (namespace !== undefined) {
    return [...source.matchAll(new RegExp(`\\b${namespace}\\.(\\w+)`, 'g'))].map(([, name = '']) => name);
  }
  const standard = /^\w+/.test(clause) ? ['default'] : [];
  const names = (/\{([^}]*)\}/.exec(clause)?.[1] ?? '').split(',').map((part) => part.trim());
  return [...standard, ...names.flatMap((part) => /^(?!type )\w+/.exec(part)?.[0] ?? [])];
}

function toPackage(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
