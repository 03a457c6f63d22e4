import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { GraphQLError } from 'graphql';
import { createYoga } from 'graphql-yoga';
import { buildExecutableSchema } from './build-schema.ts';
import type { DirectorContext } from './director-context.ts';
import { toDirectorErrorAnswer } from './director-error.ts';
import { directorMutations, landscapeMutations } from './director-mutations.ts';
import { directorResolvers, membershipResolvers } from './director-resolvers.ts';
import type { Landscape } from './landscape.ts';
import { type Backend, createDirectorContext } from './services.ts';

const schema = buildExecutableSchema<DirectorContext>(['director.graphql', 'admin.graphql'], {
  ...directorResolvers,
  Application: { ...directorResolvers.Application, ...membershipResolvers.Application },
  Runtime: { ...directorResolvers.Runtime, ...membershipResolvers.Runtime },
  Formation: { ...directorResolvers.Formation, ...membershipResolvers.Formation },
  Mutation: { ...directorMutations.Mutation, ...landscapeMutations.Mutation },
});

/**
 * The administrator's endpoint: the Director's schema with all scopes and a few verbs more, for programs and,
 * in a browser, as a GraphiQL page that needs no network.
 */
export function createAdminPage(backend: Backend) {
  return createYoga({
    schema,
    context: (): DirectorContext => ({ ...createDirectorContext(backend), scopes: 'all' }),
    renderGraphiQL,
    graphiql: () => ({ title: 'Embedded UCL', defaultQuery: defaultQuery(backend.landscape) }),
    landingPage: false,
    logging: false,
    maskedErrors: { maskError: presentError },
  });
}

function presentError(error: unknown): Error {
  if (!(error instanceof GraphQLError)) return new GraphQLError(String(error));
  if (error.originalError === undefined) return error;
  const { message, extensions } = toDirectorErrorAnswer(error.originalError, error.path);
  return new GraphQLError(message, { ...(error.path === undefined ? {} : { path: error.path }), extensions });
}

/** The landscape at a glance, and a ready mutation for the first system that no formation has. */
function defaultQuery(landscape: Landscape): string {
  const [formation] = landscape.formations();
  const unassigned = landscape.applications().find(({ formations }) => formations.size === 0);
  const mutation =
    formation === undefined || unassigned === undefined
      ? ''
      : `
# Assign ${JSON.stringify(unassigned.name)} to the formation and watch it appear in the cluster:
# remove the "#" of the next five lines, put the cursor there and press the play button.
#
# mutation AssignSystem {
#   assignFormation(objectID: "${unassigned.id}", objectType: APPLICATION, formation: { name: ${JSON.stringify(formation.name)} }) {
#     name
#   }
# }
`;
  return `# The landscape that this embedded UCL holds. Ctrl-Enter or the play button runs a query.
query Landscape {
  formations {
    data {
      name
      runtimes { id name }
      applications { id name }
    }
  }
  applications {
    totalCount
    data { id name formations }
  }
}
${mutation}`;
}
