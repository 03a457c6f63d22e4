import { NAMESPACES } from './built-in-resources.ts';
import type { JsonObject } from './kube-object.ts';
import type { ResourceCatalog } from './resource-catalog.ts';
import { apiVersionOf, type ResourceType } from './resource-type.ts';

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const NAMESPACE_VERBS = VERBS.filter((verb) => verb !== 'deletecollection');
const STATUS_VERBS = ['get', 'patch', 'update'];

/** The version that the server says it is: clients adapt to it. */
export const SERVER_VERSION = {
  major: '1',
  minor: '36',
  gitVersion: 'v1.36.3+embedded',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: 'node',
  platform: `${process.platform}/${process.arch}`,
};

/** Answers a discovery path in its classic or aggregated form; undefined where the path is none. */
export function answerDiscovery(catalog: ResourceCatalog, path: string, aggregated: boolean): JsonObject | undefined {
  const groups = groupTypes(catalog);
  const core = groups.get('') ?? [];
  groups.delete('');
  if (path === '/api' && aggregated) return aggregate(new Map([['', core]]));
  if (path === '/apis' && aggregated) return aggregate(groups);
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
  if (path === '/apis') return { kind: 'APIGroupList', apiVersion: 'v1', groups: [...groups].map(toGroup) };
  if (path === '/api/v1') return toResourceList(core);
  const [, group = '', version] = /^\/apis\/([^/]+)(?:\/([^/]+))?$/.exec(path) ?? [];
  const types = groups.get(group);
  if (types === undefined) return undefined;
  if (version === undefined) return { apiVersion: 'v1', kind: 'APIGroup', ...toGroup([group, types]) };
  const ofVersion = types.filter((type) => type.version === version);
  return ofVersion.length === 0 ? undefined : toResourceList(ofVersion);
}

function groupTypes(catalog: ResourceCatalog): Map<string, ResourceType[]> {
  return Map.groupBy(catalog.all(), (type) => type.group);
}

function toGroup([name, types]: [string, ResourceType[]]): JsonObject {
  const versions = [...new Set(types.map((type) => type.version))].map((version) => ({
    groupVersion: `${name}/${version}`,
    version,
  }));
  return { name, versions, preferredVersion: versions[0] ?? {} };
}

function toResourceList(types: ResourceType[]): JsonObject {
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: types.map(apiVersionOf)[0] ?? '',
    resources: types.flatMap((type) => {
      const { plural, kind, singular, namespaced, shortNames, categories } = type;
      const main = {
        name: plural,
        singularName: singular,
        namespaced,
        kind,
        verbs: verbsOf(type),
        ...optional({ shortNames, categories }),
      };
      const status = { name: `${plural}/status`, singularName: '', namespaced, kind, verbs: STATUS_VERBS };
      return type.statusSubresource ? [main, status] : [main];
    }),
  };
}

/** Namespaces go one by one. */
function verbsOf(type: ResourceType): string[] {
  return type === NAMESPACES ? NAMESPACE_VERBS : VERBS;
}

/** Empty lists are left out. */
function optional(lists: Record<string, string[]>): JsonObject {
  return Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0));
}

function aggregate(groups: ReadonlyMap<string, ResourceType[]>): JsonObject {
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: [...groups].map(([name, types]) => ({
      metadata: { ...(name === '' ? {} : { name }), creationTimestamp: null },
      versions: [...Map.groupBy(types, (type) => type.version)].map(([version, ofVersion]) => ({
        version,
        freshness: 'Current',
        resources: ofVersion.map(toAggregatedResource),
      })),
    })),
  };
}

function toAggregatedResource(type: ResourceType): JsonObject {
  const { group, version, kind, shortNames, categories } = type;
  // Built-in kinds leave the rest to the group and version that they are listed under.
  const responseKind = type.custom ? { group, version, kind } : { group: '', version: '', kind };
  const status = { subresource: 'status', responseKind, verbs: STATUS_VERBS };
  return {
    resource: type.plural,
    responseKind,
    scope: type.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: type.singular,
    verbs: verbsOf(type),
    ...optional({ shortNames, categories }),
    ...(type.statusSubresource ? { subresources: [status] } : {}),
  };
}
