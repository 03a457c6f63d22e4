import type { IncomingMessage, RequestListener } from 'node:http';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { buildExecutableSchema } from './build-schema.ts';
import type { DirectorContext } from './director-context.ts';
import { directorMutations, landscapeMutations } from './director-mutations.ts';
import { directorResolvers, membershipResolvers } from './director-resolvers.ts';
import { executeRequest } from './execute-request.ts';
import { directorDialect } from './graphql-dialect.ts';
import type { Landscape } from './landscape.ts';
import { sendUnknownPath } from './serve-graphql.ts';
import { type Backend, createDirectorContext } from './services.ts';
import { type HttpAnswer, readBody, readWireRequest } from './wire-request.ts';

export const adminPath = '/graphql';

const schema = buildExecutableSchema<DirectorContext>(['director.graphql', 'admin.graphql'], {
  ...directorResolvers,
  Application: { ...directorResolvers.Application, ...membershipResolvers.Application },
  Runtime: { ...directorResolvers.Runtime, ...membershipResolvers.Runtime },
  Formation: { ...directorResolvers.Formation, ...membershipResolvers.Formation },
  Mutation: { ...directorMutations.Mutation, ...landscapeMutations.Mutation },
});

/**
 * The administrator's endpoint: the Director's schema with all scopes and a few verbs more, for programs and,
 * in a browser, as a GraphiQL page that needs no network. Errors read as the Director's.
 */
export function createAdminPage(backend: Backend): RequestListener {
  return (message, response) => {
    const url = new URL(message.url ?? '/', 'http://127.0.0.1');
    if (url.pathname === '/') {
      response.writeHead(302, { location: adminPath }).end();
    } else if (url.pathname !== adminPath) {
      sendUnknownPath(response, backend.mode);
    } else if (message.method === 'GET' && /text\/html/.test(message.headers.accept ?? '')) {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
      response.end(
        renderGraphiQL({ title: 'Embedded UCL', endpoint: adminPath, defaultQuery: defaultQuery(backend.landscape) }),
      );
    } else {
      void answer(message, url, backend)
        .then(({ status, json }) => {
          response.writeHead(status, { 'content-type': 'application/json' });
          response.end(JSON.stringify(json));
        })
        .catch(() => response.destroy());
    }
  };
}

async function answer(message: IncomingMessage, url: URL, backend: Backend): Promise<HttpAnswer> {
  const body = await readBody(message);
  const contentType = message.headers['content-type'] ?? '';
  const request = readWireRequest({ method: message.method ?? '', url, contentType, body }, directorDialect, 'bare');
  const context: DirectorContext = { ...createDirectorContext(backend), scopes: 'all' };
  return executeRequest(request, schema, directorDialect, context);
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
