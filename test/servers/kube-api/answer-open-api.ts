import { type JsonObject, objectAt } from './kube-object.ts';
import type { ResourceCatalog } from './resource-catalog.ts';
import { apiVersionOf, type ResourceType } from './resource-type.ts';

const METADATA = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

/**
 * Answers `/openapi/v2` and `/openapi/v3...`: the paths with the query parameters by which kubectl learns that the
 * server validates fields and knows dry runs, and the schemas that `kubectl explain` prints. Undefined elsewhere.
 */
export function answerOpenApi(catalog: ResourceCatalog, path: string): JsonObject | undefined {
  const versions = Map.groupBy(catalog.all(), versionPath);
  if (path === '/openapi/v2') {
    return {
      swagger: '2.0',
      info: toInfo(),
      paths: toPaths(catalog.all(), false),
      definitions: toSchemas(catalog.all(), '#/definitions/'),
    };
  }
  if (path === '/openapi/v3') {
    const paths = [...versions.keys()].map((name) => [name, { serverRelativeURL: `/openapi/v3/${name}` }]);
    return { paths: Object.fromEntries(paths) };
  }
  const types = versions.get(path.replace('/openapi/v3/', ''));
  if (types === undefined) return undefined;
  return {
    openapi: '3.0.0',
    info: toInfo(),
    paths: toPaths(types, true),
    components: { schemas: toSchemas(types, '#/components/schemas/') },
  };
}

function toInfo(): JsonObject {
  return { title: 'Embedded Kubernetes API', version: 'v1' };
}

function versionPath(type: ResourceType): string {
  return type.group === '' ? `api/${type.version}` : `apis/${type.group}/${type.version}`;
}

function toPaths(types: readonly ResourceType[], typedParameters: boolean): JsonObject {
  const parameters = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => ({
    name,
    in: 'query',
    ...(typedParameters ? { schema: { type: 'string' } } : { type: 'string' }),
  }));
  const paths: JsonObject = {};
  for (const type of types) {
    const gvk = { 'x-kubernetes-group-version-kind': toGvk(type), parameters, responses: {} };
    const base = `/${versionPath(type)}${type.namespaced ? '/namespaces/{namespace}' : ''}/${type.plural}`;
    const operation = (action: string) => ({ 'x-kubernetes-action': action, ...gvk });
    paths[base] = { get: operation('list'), post: operation('post') };
    paths[`${base}/{name}`] = {
      get: operation('get'),
      put: operation('put'),
      patch: operation('patch'),
      delete: operation('delete'),
    };
  }
  return paths;
}

function toGvk({ group, version, kind }: ResourceType): JsonObject {
  return { group, version, kind };
}

function toSchemas(types: readonly ResourceType[], reference: string): JsonObject {
  const schemas: JsonObject = { [METADATA]: { type: 'object', description: "Standard object's metadata." } };
  for (const type of types) {
    schemas[`${apiVersionOf(type).split('/').join('.')}.${type.kind}`] = {
      ...type.schema,
      properties: {
        ...objectAt(type.schema, 'properties'),
        apiVersion: { type: 'string' },
        kind: { type: 'string' },
        metadata: { $ref: `${reference}${METADATA}` },
      },
      'x-kubernetes-group-version-kind': [toGvk(type)],
    };
  }
  return schemas;
}
