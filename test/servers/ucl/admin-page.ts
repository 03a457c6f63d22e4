import type { IncomingMessage, RequestListener } from 'node:http';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import type { GraphiQLOptions } from 'graphql-yoga';
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

/** Pages that whoever starts UCL adds to the administrator's, by their paths. It may add them later. */
export type FurtherPages = ReadonlyMap<string, { readonly title: string; readonly listener: RequestListener }>;

/**
 * The administrator's endpoint: the Director's schema with all scopes and a few verbs more, for programs and,
 * in a browser, as a GraphiQL page that needs no network. Errors read as the Director's.
 */
export function createAdminPage(backend: Backend, pages: FurtherPages): RequestListener {
  return (message, response) => {
    const url = new URL(message.url ?? '/', 'http://127.0.0.1');
    const page = pages.get(url.pathname);
    if (page !== undefined) {
      page.listener(message, response);
    } else if (url.pathname === '/') {
      response.writeHead(302, { location: adminPath }).end();
    } else if (url.pathname !== adminPath) {
      sendUnknownPath(response, backend.mode);
    } else if (message.method === 'GET' && /text\/html/.test(message.headers.accept ?? '')) {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
      response.end(withLinks(renderPage(backend.landscape), pages));
    } else {
      void answer(message, url, backend)
        .then(({ status, json }) => {
          response.writeHead(status, { 'content-type': 'application/json' });
          // For those who see it in a terminal.
          response.end(`${JSON.stringify(json)}\n`);
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

/** In the corner of the page, where GraphiQL has nothing. */
function withLinks(page: string, pages: FurtherPages): string {
  const links = [...pages].map(([path, { title }]) => `<a href="${path}">${title}</a>`).join(' ');
  const style = 'position:fixed;top:10px;right:16px;z-index:9;font:14px system-ui;background:#fff;padding:2px 8px';
  return links === '' ? page : page.replace('</body>', `<nav style="${style}">${links}</nav></body>`);
}

/** What the page also reads: its tab is in front whatever tabs the browser has kept of an earlier visit. */
type PageOptions = GraphiQLOptions & { query: string };

function renderPage(landscape: Landscape): string {
  const mutation = readyMutation(landscape);
  const tabs = mutation === undefined ? [landscapeQuery] : [mutation, landscapeQuery];
  const options: PageOptions = {
    ...{ title: 'Embedded UCL', endpoint: adminPath },
    query: mutation ?? landscapeQuery,
    defaultTabs: tabs.map((query) => ({ query })),
  };
  return renderGraphiQL(options);
}

const landscapeQuery = `# The landscape that this embedded UCL holds.
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
`;

/**
 * Puts the first system that has no formation into one, or takes the last one out again. Lines are as short as the editor
 * is wide in a window of 1280 pixels.
 */
function readyMutation(landscape: Landscape): string | undefined {
  const [formation] = landscape.formations();
  if (formation === undefined) return undefined;
  const systems = landscape.applications();
  const unassigned = systems.find(({ formations }) => formations.size === 0);
  const system = unassigned ?? systems.findLast(({ formations }) => formations.has(formation.name));
  if (system === undefined) return undefined;
  const [name, verb, does] = unassigned
    ? ['AssignSystem', 'assignFormation', 'Puts this system into the formation']
    : ['UnassignSystem', 'unassignFormation', 'Takes this system out of the formation'];
  return `# ${does}:
# ${quote(system.name)}
# The agent follows within seconds.
# The play button runs it.
mutation ${name} {
  ${verb}(
    objectID:
      "${system.id}"
    objectType: APPLICATION
    formation: { name: ${quote(formation.name)} }
  ) {
    name
  }
}
`;
}

/** As a string of GraphQL, which is also none of HTML. */
function quote(text: string): string {
  return JSON.stringify(text).replaceAll('<', '\\u003c');
}
