import { concatAST, type DocumentNode, type FragmentDefinitionNode, Kind, print, visit } from 'graphql';

/**
 * Codegen plugin: one constant an operation, with its text (fragments included), name and types. Plain strings, so that
 * nothing parses GraphQL when the agent runs.
 */
export function plugin(
  _schema: unknown,
  documents: readonly { document?: DocumentNode }[],
): { prepend: string[]; content: string } {
  const ast = concatAST(documents.flatMap((file) => (file.document === undefined ? [] : [file.document])));
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of ast.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const constants = ast.definitions.flatMap((definition) => {
    if (definition.kind !== Kind.OPERATION_DEFINITION || definition.name === undefined) return [];
    const name = definition.name.value;
    const kind = definition.operation === 'query' ? 'Query' : 'Mutation';
    const used = new Set<FragmentDefinitionNode>();
    visit(definition, {
      FragmentSpread(node) {
        const fragment = fragments.get(node.name.value);
        if (fragment !== undefined) used.add(fragment);
      },
    });
    const text = [definition, ...used].map((node) => print(node)).join('\n');
    return [
      `export const ${name.charAt(0).toLowerCase()}${name.slice(1)}: GraphqlDocument<${name}${kind}, ${name}${kind}Variables> = {`,
      `  operation: '${name}',`,
      `  text: ${JSON.stringify(text.replace(/\s+/g, ' '))},`,
      '};',
    ];
  });
  return {
    prepend: ["import type { GraphqlDocument } from './graphql-document.ts';"],
    content: constants.join('\n'),
  };
}
