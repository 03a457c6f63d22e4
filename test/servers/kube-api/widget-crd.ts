import type { JsonObject } from './kube-object.ts';

/** A small CRD that has one of everything the server must handle; tests change what they need. */
export function widgetCrd(
  changes: { scope?: 'Cluster' | 'Namespaced'; status?: boolean; properties?: JsonObject } = {},
): JsonObject {
  const spec: JsonObject = {
    type: 'object',
    required: ['size'],
    properties: {
      size: { type: 'integer', minimum: 1, maximum: 9 },
      color: { type: 'string', enum: ['red', 'green'], default: 'red' },
      label: { type: 'string', maxLength: 5, pattern: '^[a-z]*$' },
      labels: { type: 'object', nullable: true, additionalProperties: { type: 'string' } },
      parts: {
        type: 'array',
        items: {
          type: 'object',
          required: ['id'],
          properties: { id: { type: 'string' }, on: { type: 'boolean', default: true } },
        },
      },
      free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      ...changes.properties,
    },
  };
  const conditions: JsonObject = {
    type: 'array',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['type'],
    items: { type: 'object', required: ['type'], properties: { type: { type: 'string' }, status: { type: 'string' } } },
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.test' },
    spec: {
      group: 'example.test',
      names: { kind: 'Widget', plural: 'widgets', shortNames: ['wd'] },
      scope: changes.scope ?? 'Cluster',
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: {
                spec,
                status: {
                  type: 'object',
                  properties: { conditions, seen: { type: 'string', format: 'date-time', nullable: true } },
                },
              },
            },
          },
          ...(changes.status === false ? {} : { subresources: { status: {} } }),
          additionalPrinterColumns: [
            { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
            { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
            { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
          ],
        },
      ],
    },
  };
}

export const WIDGETS = '/apis/example.test/v1/widgets';

/** A widget as a client would send it. */
export function widget(name: string, spec: JsonObject = { size: 1 }, metadata: JsonObject = {}): JsonObject {
  return { apiVersion: 'example.test/v1', kind: 'Widget', metadata: { name, ...metadata }, spec };
}

export const SECRETS = '/api/v1/namespaces/default/secrets';

/** A Secret as a client would send it. */
export function secret(name: string, metadata: JsonObject = {}): JsonObject {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, ...metadata }, data: { a: 'Yg==' } };
}
