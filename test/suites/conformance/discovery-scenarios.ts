import {
  arrayAt,
  isJsonObject,
  type Json,
  type JsonObject,
  objectAt,
  stringAt,
} from '../../servers/kube-api/kube-object.ts';
import type { RecordedServer, Scenario } from './recorded-server.ts';
import { stable } from './stable-answer.ts';

const AGGREGATED = {
  accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json',
};
/** What both servers have; the real one has many more. */
const CORE = ['configmaps', 'events', 'namespaces', 'secrets', 'serviceaccounts'];
const GROUPS = [
  'apiextensions.k8s.io',
  'applicationconnector.kyma-project.io',
  'compass.kyma-project.io',
  'coordination.k8s.io',
  'example.test',
];
const WRITE_PARAMETERS = ['dryRun', 'fieldManager', 'fieldValidation'];

/** How clients find out what there is. */
export const DISCOVERY_SCENARIOS: Record<string, Scenario> = {
  'aggregated discovery': async (server) => {
    for (const path of ['/api?timeout=32s', '/apis?timeout=32s']) {
      const { status, headers, body } = await server.ask('GET', path, undefined, AGGREGATED);
      server.note(path, [status, headers['content-type'] ?? '', stringAt(body, 'kind')]);
      server.note(`${path}: groups`, arrayAt(body, 'items').flatMap(toKnownGroup).sort(byName));
    }
  },

  'classic discovery': async (server) => {
    const { body: groups } = await server.ask('GET', '/apis');
    server.note('groups', arrayAt(groups, 'groups').filter(isKnownGroup).map(stable).sort(byName));
    const { body: core } = await server.ask('GET', '/api/v1');
    server.note('core', arrayAt(core, 'resources').filter(isKnownResource).map(stable).sort(byName));
    for (const group of GROUPS.slice(1)) {
      if (group !== 'coordination.k8s.io') await server.send('GET', `/apis/${group}`);
    }
    await server.send('GET', '/apis/coordination.k8s.io/v1');
    for (const group of ['applicationconnector', 'compass']) {
      await server.send('GET', `/apis/${group}.kyma-project.io/v1alpha1`);
    }
  },

  'OpenAPI, as far as kubectl looks': async (server) => {
    const { body: index } = await server.ask('GET', '/openapi/v3?timeout=32s');
    for (const [name, kind] of [
      ['api/v1', 'Secret'],
      ['apis/example.test/v1', 'Widget'],
    ] as const) {
      const url = new URL(stringAt(objectAt(objectAt(index, 'paths'), name), 'serverRelativeURL'), 'https://localhost');
      // The real server tells documents of different times apart by a hash; kubectl hands it on.
      const hash = encodeURIComponent(url.searchParams.get('hash') ?? '');
      const { body } = await server.ask('GET', `${url.pathname}?hash=${hash}&timeout=32s`);
      noteOperations(server, `v3 ${kind}`, body, kind);
      noteSchema(server, `v3 ${kind}`, objectAt(objectAt(body, 'components'), 'schemas'), kind);
    }
    const { body: v2 } = await server.ask('GET', '/openapi/v2?timeout=32s');
    noteOperations(server, 'v2 Widget', v2, 'Widget');
    const nothing = await server.ask('GET', '/openapi/v3/apis/nothing.test/v1');
    server.note('a group that is not there', nothing.status);
  },
};

function byName(a: Json, b: Json): number {
  return stringAt(a, 'name') < stringAt(b, 'name') ? -1 : 1;
}

function isKnownGroup(group: Json): boolean {
  return GROUPS.includes(stringAt(group, 'name'));
}

function isKnownResource(resource: Json): boolean {
  return CORE.includes(stringAt(resource, 'name'));
}

function toKnownGroup(group: Json): Json[] {
  const name = stringAt(objectAt(group, 'metadata'), 'name');
  if (name !== '' && !GROUPS.includes(name)) return [];
  const versions = arrayAt(group, 'versions').map((version) => {
    const resources = arrayAt(version, 'resources').filter(
      (resource) => name !== '' || CORE.includes(stringAt(resource, 'resource')),
    );
    return { version: stringAt(version, 'version'), resources: resources.map(toKnownResource).sort(byResource) };
  });
  return [{ name, versions: versions.filter(({ resources }) => resources.length > 0) }];
}

function byResource(a: JsonObject, b: JsonObject): number {
  return stringAt(a, 'resource') < stringAt(b, 'resource') ? -1 : 1;
}

/** Other subresources than the status are 404 on the embedded server, so it does not offer them. */
function toKnownResource(resource: Json): JsonObject {
  const known = stable(resource);
  if (!isJsonObject(known)) return {};
  const { subresources: all, ...rest } = known;
  const subresources = arrayAt({ all: all ?? [] }, 'all').filter((sub) => stringAt(sub, 'subresource') === 'status');
  return subresources.length === 0 ? rest : { ...rest, subresources };
}

/** By the parameters of a write kubectl decides whether the server validates fields and knows dry runs. */
function noteOperations(server: RecordedServer, title: string, document: Json, kind: string): void {
  const patches = Object.entries(objectAt(document, 'paths')).flatMap(([path, item]) => {
    const patch = objectAt(item, 'patch');
    if (stringAt(objectAt(patch, 'x-kubernetes-group-version-kind'), 'kind') !== kind) return [];
    // Documents may say it once for all, by reference.
    const text = JSON.stringify([patch, objectAt(item, 'parameters')]);
    return path.endsWith('/{name}') ? [[path, WRITE_PARAMETERS.filter((name) => text.includes(name))]] : [];
  });
  server.note(`${title}: patches`, patches);
}

/** What `kubectl explain` prints. */
function noteSchema(server: RecordedServer, title: string, schemas: JsonObject, kind: string): void {
  const schema = Object.values(schemas).find((candidate) =>
    arrayAt(candidate, 'x-kubernetes-group-version-kind').some((gvk) => stringAt(gvk, 'kind') === kind),
  );
  const properties = objectAt(schema, 'properties');
  server.note(`${title}: fields`, Object.keys(properties).sort());
  if (kind === 'Widget') server.note(`${title}: schema`, properties.spec ?? null);
}
