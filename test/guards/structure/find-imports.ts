export interface FoundImport {
  specifier: string;
  /** True when the whole statement is erased: `import type`, `export type ... from`, or a type query. */
  typeOnly: boolean;
}

const statement = /^[ \t]*(?:import|export)\s+(type\s+(?!from\b|,))?(?:[\w$*\s{},]+?\s+from\s*)?['"]([^'"\n]+)['"]/gm;
const call = /\b(typeof\s+)?(?:import|require)\(\s*['"`]([^'"`\n]+)['"`]/g;

/** Every module that a TypeScript source imports. Comments are taken out first; text literals over lines are not parsed. */
export function findImports(source: string): FoundImport[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^[ \t]*\/\/.*$/gm, '');
  return [...code.matchAll(statement), ...code.matchAll(call)].map((match) => ({
    specifier: match[2] ?? '',
    typeOnly: match[1] !== undefined,
  }));
}
