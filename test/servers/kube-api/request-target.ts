import { nameInFieldSelector } from './selectors.ts';

/** What a request wants to do, in the words that Kubernetes authorization and audit use. */
export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** A request for resources, taken apart. */
export interface ResourceTarget {
  verb: Verb;
  group: string;
  version: string;
  resource: string;
  subresource?: string;
  namespace?: string;
  name?: string;
}

const RESOURCE_PATH =
  /^\/(?:api\/(?<core>[^/]+)|apis\/(?<group>[^/]+)\/(?<version>[^/]+))(?:\/namespaces\/(?<namespace>[^/]+))?\/(?<resource>[^/]+)(?:\/(?<name>[^/]+))?(?:\/(?<subresource>.+))?$/;

/** Takes a request for resources apart; undefined where the path is something else (discovery, health, ...). */
export function parseRequestTarget(method: string, url: URL): ResourceTarget | undefined {
  const parts = matchPath(url.pathname);
  if (parts === undefined) return undefined;
  const { core, group = '', version = core ?? '', namespace, resource = '', subresource } = parts;
  const name = parts.name ?? nameInSelector(url.searchParams);
  const verb = toVerb(method, parts.name !== undefined, url.searchParams);
  return {
    verb,
    group,
    version,
    resource,
    ...(subresource === undefined ? {} : { subresource }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
  };
}

function matchPath(path: string): Record<string, string | undefined> | undefined {
  // The namespace itself looks like a path of namespaced resources; `/namespaces/x/status` does so even more.
  const [, core, namespace, subresource] =
    /^\/api\/([^/]+)\/namespaces\/([^/]+)(?:\/(status|finalize))?$/.exec(path) ?? [];
  const groups =
    namespace === undefined
      ? RESOURCE_PATH.exec(path)?.groups
      : { core, resource: 'namespaces', namespace, name: namespace, subresource };
  if (groups === undefined) return undefined;
  const decoded: Record<string, string | undefined> = {};
  for (const [key, value] of Object.entries(groups))
    decoded[key] = value === undefined ? value : decodeURIComponent(value);
  return decoded;
}

/** Authorization by name also covers lists and watches that ask for one name. */
function nameInSelector(query: URLSearchParams): string | undefined {
  const selector = query.get('fieldSelector');
  return selector === null ? undefined : nameInFieldSelector(selector);
}

function toVerb(method: string, named: boolean, query: URLSearchParams): Verb {
  switch (method) {
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return named ? 'delete' : 'deletecollection';
    default:
      if (named) return 'get';
      return ['true', '1'].includes(query.get('watch') ?? '') ? 'watch' : 'list';
  }
}

/** `secrets`, or `applications/status` with a subresource. */
export function qualifiedResource({ resource, subresource }: ResourceTarget): string {
  return subresource === undefined ? resource : `${resource}/${subresource}`;
}
