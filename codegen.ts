import type { CodegenConfig } from '@graphql-codegen/cli';

/** Turns the documents in `graphql/` into typed modules: `npm run documents`. A test fails when they are stale. */
function documentsOf(api: string): CodegenConfig['generates'][string] {
  return {
    schema: `graphql/${api}/schema.graphql`,
    documents: [`graphql/${api}/*.graphql`, `!graphql/${api}/schema.graphql`],
    plugins: ['typescript-operations', './graphql/document-plugin.ts'],
    config: {
      enumsAsTypes: true,
      strictScalars: true,
      scalars: {
        ID: 'string',
        Any: 'unknown',
        HttpHeaders: 'unknown',
        JSONSchema: 'string',
        Labels: 'unknown',
        PageCursor: 'string',
        QueryParams: 'unknown',
      },
    },
  };
}

const config: CodegenConfig = {
  generates: {
    'graphql/connector.generated.ts': documentsOf('connector'),
    'graphql/director.generated.ts': documentsOf('director'),
  },
};

export default config;
