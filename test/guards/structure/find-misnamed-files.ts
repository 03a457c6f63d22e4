import { posix } from 'node:path';
import type { SourceModule } from './read-module.ts';

/**
 * Files that are not named after their main export, one sentence each. Which export that is can be told where there is
 * one value, or one type and no value; a file of several is named after what they have in common, and a program, which
 * exports nothing, as one likes.
 */
export function findMisnamedFiles(modules: ReadonlyMap<string, SourceModule>): string[] {
  return [...modules].flatMap(([path, { values, types }]) => {
    const [name = ''] = posix.basename(path).split('.');
    const main = values.length === 0 ? types : values;
    if (main.length !== 1 || [...values, ...types].map(toKebabCase).includes(name)) return [];
    return [`${path} exports ${main[0]}: ${toKebabCase(main[0] ?? '')}.ts`];
  });
}

/** `GraphQLError` is graphql-error, `BUILT_IN` is built-in. */
function toKebabCase(name: string): string {
  return name
    .replace('GraphQL', 'Graphql')
    .replaceAll('_', '-')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1-$2')
    .toLowerCase();
}
