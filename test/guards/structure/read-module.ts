import { parseSync, Visitor } from 'oxc-parser';

export interface FoundImport {
  specifier: string;
  /** True when the whole statement is erased: `import type`, `export type ... from`, or a type query. */
  typeOnly: boolean;
}

/** What the guards look at in a TypeScript source. */
export interface SourceModule {
  text: string;
  imports: FoundImport[];
  /** Names of the functions, classes and constants that it exports. */
  values: string[];
  /** Names of the types that it exports. */
  types: string[];
}

type Visit = ConstructorParameters<typeof Visitor>[0];

/** Parses a source. Throws where it is no TypeScript. */
export function readModule(text: string): SourceModule {
  const { program, errors } = parseSync('module.ts', text, { lang: 'ts' });
  const [error] = errors;
  if (error !== undefined) throw new SyntaxError(error.message);
  const module: SourceModule = { text, imports: [], values: [], types: [] };
  new Visitor({ ...importVisit(module), ...exportVisit(module) }).visit(program);
  return module;
}

function importVisit({ imports }: SourceModule): Visit {
  const found = (specifier: string, typeOnly: boolean) => imports.push({ specifier, typeOnly });
  return {
    ImportDeclaration: ({ source, importKind }) => found(source.value, importKind === 'type'),
    ExportAllDeclaration: ({ source, exportKind }) => found(source.value, exportKind === 'type'),
    ImportExpression: ({ source }) => {
      if (source.type === 'Literal') found(String(source.value), false);
      if (source.type === 'TemplateLiteral') found(source.quasis.map(({ value }) => value.raw).join('…'), false);
    },
    TSImportType: ({ source }) => found(source.value, true),
    'ExportNamedDeclaration:exit': ({ source, exportKind }) => {
      if (source !== null) found(source.value, exportKind === 'type');
    },
  };
}

function exportVisit({ values, types }: SourceModule): Visit {
  return {
    ExportNamedDeclaration: ({ declaration, specifiers, exportKind }) => {
      const names = exportKind === 'type' ? types : values;
      for (const { exported } of specifiers) if (exported.type === 'Identifier') names.push(exported.name);
      switch (declaration?.type) {
        case 'FunctionDeclaration':
        case 'ClassDeclaration':
          if (declaration.id !== null) values.push(declaration.id.name);
          break;
        case 'VariableDeclaration':
          for (const { id } of declaration.declarations) if (id.type === 'Identifier') values.push(id.name);
          break;
        case 'TSInterfaceDeclaration':
        case 'TSTypeAliasDeclaration':
          types.push(declaration.id.name);
          break;
        default:
      }
    },
  };
}
