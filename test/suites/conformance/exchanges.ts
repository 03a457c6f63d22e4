import { SECRETS, secret, WIDGETS, widget, widgetCrd } from '../../servers/kube-api/widget-crd.ts';

/** One request of an exchange: method, path, body, headers. */
export type Step = [method: string, path: string, body?: unknown, headers?: Record<string, string>];

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
const EVENTS = '/api/v1/namespaces/default/events';
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const CREATED = 'fieldManager=kubectl-create&fieldValidation=Strict';
const APPLIED = 'fieldManager=kubectl-client-side-apply&fieldValidation=Strict';
const PATCHED = 'fieldManager=kubectl-patch';
const INVOLVED = encodeURIComponent(
  'involvedObject.kind=Widget,involvedObject.name=w,involvedObject.namespace=,involvedObject.uid=',
);
const MERGE = { 'content-type': 'application/merge-patch+json' };
const JSON_PATCH = { 'content-type': 'application/json-patch+json' };
const STRATEGIC = { 'content-type': 'application/strategic-merge-patch+json' };
const TABLE = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' };
const lease = { metadata: { name: 'leader' }, spec: { holderIdentity: 'a', renewTime: '2030-01-02T03:04:05.678000Z' } };
const event = {
  metadata: { name: 'e' },
  involvedObject: { kind: 'Widget', name: 'w' },
  type: 'Normal',
  reason: 'Tested',
  lastTimestamp: '2030-01-02T03:04:05.678Z',
};

/** Requests that are sent to both servers one after the other, under a title each. */
export const EXCHANGES: Record<string, Step[]> = {
  'create, read, create again': [
    ['POST', WIDGETS, widget('a')],
    ['GET', `${WIDGETS}/a`],
    ['POST', WIDGETS, widget('a')],
  ],
  'a missing object': [
    ['GET', `${WIDGETS}/missing`],
    ['DELETE', `${SECRETS}/missing`],
    ['PUT', `${WIDGETS}/missing`, widget('missing', { size: 1 }, { resourceVersion: '1' })],
  ],
  'a missing namespace': [
    ['POST', '/api/v1/namespaces/nowhere/secrets', secret('a')],
    ['GET', '/api/v1/namespaces/nowhere/secrets/a'],
  ],
  'another namespace in the object': [['POST', SECRETS, secret('a', { namespace: 'kube-system' })]],
  'names and labels': [
    ['POST', SECRETS, secret('Sys_0000.123')],
    ['POST', SECRETS, secret('x'.repeat(254))],
    ['POST', SECRETS, secret('')],
    ['POST', WIDGETS, widget('Wrong')],
    ['POST', SECRETS, secret('labels', { labels: { app: 'x'.repeat(64) } })],
    ['POST', SECRETS, secret('labels', { labels: { 'a b': 'x' } })],
    ['POST', SECRETS, secret('labels', { labels: { app: 'a b' } })],
    ['POST', WIDGETS, widget('labels', { size: 1 }, { labels: { app: '-' } })],
  ],
  'what a schema refuses': [
    {},
    { size: 'big' },
    { size: 0 },
    { size: 10 },
    { size: null },
    { size: 1, color: 'blue' },
    { size: 1, color: null },
    { size: 1, label: 'abcdef' },
    { size: 1, label: 'A' },
    { size: 1, parts: [{ id: 'a' }, {}] },
    { size: 1, parts: {} },
    { size: 1, labels: { a: 1 } },
    { size: 1, labels: null },
    { size: 1, label: null },
    [],
  ].map((spec, index): Step => ['POST', WIDGETS, { ...widget(`schema-${index}`), spec }]),
  'unknown fields': [
    [
      'POST',
      `${WIDGETS}?fieldValidation=Strict`,
      widget('unknown', { size: 1, extra: 1, parts: [{ id: 'a', odd: 2 }] }),
    ],
    ['POST', WIDGETS, widget('unknown', { size: 1, extra: 1, free: { any: 'thing' }, parts: [{ id: 'a', odd: 2 }] })],
    ['POST', WIDGETS, { ...widget('extra'), extra: 1, metadata: { name: 'extra', odd: 1 } }],
    ['POST', WIDGETS, { ...widget('kind'), kind: 'Other' }],
    ['POST', WIDGETS, { metadata: { name: 'none' }, spec: { size: 1 } }],
  ],
  'merge patches': [
    ['POST', WIDGETS, widget('m', { size: 1, labels: { a: '1', b: '2' }, parts: [{ id: 'x' }] })],
    ['PATCH', `${WIDGETS}/m`, { spec: { labels: { a: null, c: '3' }, parts: [{ id: 'y' }] } }, MERGE],
    ['PATCH', `${WIDGETS}/m`, { spec: { size: 0 } }, MERGE],
    ['PATCH', `${WIDGETS}/m`, { metadata: { labels: { l: 'm' }, annotations: { a: 'b' } } }, MERGE],
    ['PATCH', `${WIDGETS}/m`, { metadata: { resourceVersion: '1' } }, MERGE],
    ['PATCH', `${WIDGETS}/m`, { metadata: { name: 'n' } }, MERGE],
    ['PATCH', `${WIDGETS}/m`, { metadata: { uid: 'other' } }, MERGE],
    ['PATCH', `${WIDGETS}/m`, {}, STRATEGIC],
    ['PATCH', `${WIDGETS}/m?dryRun=All`, { spec: { size: 9 } }, MERGE],
    ['GET', `${WIDGETS}/m`],
  ],
  'JSON patches': [
    ['POST', WIDGETS, widget('j')],
    [
      'PATCH',
      `${WIDGETS}/j`,
      [
        { op: 'test', path: '/spec/size', value: 1 },
        { op: 'replace', path: '/spec/size', value: 2 },
      ],
      JSON_PATCH,
    ],
    ['PATCH', `${WIDGETS}/j`, [{ op: 'add', path: '/metadata/annotations', value: { a: 'b' } }], JSON_PATCH],
    ['PATCH', `${WIDGETS}/j`, [{ op: 'remove', path: '/metadata/annotations' }], JSON_PATCH],
  ],
  updates: [
    ['POST', WIDGETS, widget('u')],
    ['PUT', `${WIDGETS}/u`, widget('u', { size: 2 })],
    ['PUT', `${WIDGETS}/u`, widget('u', { size: 2 }, { resourceVersion: '1' })],
    ['PUT', `${WIDGETS}/u`, widget('v', { size: 2 })],
    ['POST', SECRETS, secret('u')],
    ['PUT', `${SECRETS}/u`, secret('u', { labels: { a: 'b' } })],
  ],
  'the status subresource': [
    ['POST', WIDGETS, { ...widget('s'), status: { seen: '2030-01-01T00:00:00Z' } }],
    [
      'PATCH',
      `${WIDGETS}/s/status`,
      { spec: { size: 7 }, status: { conditions: [{ type: 'Ready', status: 'True' }] } },
      MERGE,
    ],
    ['PATCH', `${WIDGETS}/s`, { spec: { size: 7 }, status: null }, MERGE],
    ['PATCH', `${WIDGETS}/s/status`, { status: { seen: 'never' } }, MERGE],
    ['PATCH', `${WIDGETS}/s/status`, { status: { conditions: [{ type: 'a' }, { type: 'a' }] } }, MERGE],
    ['GET', `${WIDGETS}/s/status`],
    ['GET', `${WIDGETS}/s/scale`],
    ['GET', `${WIDGETS}/s`, undefined, TABLE],
  ],
  Secrets: [
    ['POST', SECRETS, { ...secret('secret'), stringData: { token: 'säcret' } }],
    ['POST', SECRETS, { ...secret('bad'), data: { 'a b': 'YQ==' } }],
    ['POST', SECRETS, { ...secret('tls'), type: 'kubernetes.io/tls', data: { 'tls.crt': 'YQ==' } }],
    ['PATCH', `${SECRETS}/secret`, { type: 'example.test/other' }, MERGE],
    ['PATCH', `${SECRETS}/secret`, { data: { a: null }, stringData: { b: 'c' } }, STRATEGIC],
    ['PATCH', `${SECRETS}/secret`, { immutable: true }, MERGE],
    ['PATCH', `${SECRETS}/secret`, { data: { b: 'YQ==' } }, MERGE],
    ['GET', `${SECRETS}?fieldSelector=metadata.name%3Dsecret`],
    ['GET', `${SECRETS}?fieldSelector=metadata.name%3Dsecret`, undefined, TABLE],
    ['GET', `${SECRETS}?fieldSelector=spec.x%3D1`],
    ['DELETE', `${SECRETS}/secret`],
  ],
  'Leases and Events': [
    ['POST', LEASES, lease],
    ['PUT', `${LEASES}/leader`, lease],
    ['GET', `${LEASES}/leader`],
    ['PATCH', `${LEASES}/leader`, { spec: { leaseDurationSeconds: 0 } }, MERGE],
    ['POST', EVENTS, event],
    ['POST', '/api/v1/namespaces/kube-system/events', event],
    ['PATCH', `${EVENTS}/e`, { count: 2 }, STRATEGIC],
  ],
  deletion: [
    ['POST', WIDGETS, widget('d', { size: 1 }, { finalizers: ['example.test/hold'] })],
    ['DELETE', `${WIDGETS}/d`, { preconditions: { uid: 'other' } }],
    ['DELETE', `${WIDGETS}/d`],
    ['PATCH', `${WIDGETS}/d`, { metadata: { finalizers: ['example.test/hold', 'example.test/more'] } }, MERGE],
    ['PATCH', `${WIDGETS}/d`, { metadata: { finalizers: null } }, MERGE],
    ['GET', `${WIDGETS}/d`],
    ['POST', WIDGETS, widget('e')],
    ['DELETE', `${WIDGETS}/e`, { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' }],
    ['DELETE', `${WIDGETS}?labelSelector=none`],
  ],
  'lists that are refused or empty': [
    ['GET', `${WIDGETS}?resourceVersion=999999999`],
    ['GET', `${WIDGETS}?labelSelector=none`],
    ['GET', `${WIDGETS}?labelSelector=none`, undefined, TABLE],
    ['GET', `${WIDGETS}?resourceVersion=rubbish`],
  ],
  'what is not there': [
    ['GET', '/apis/nothing.test/v1/things'],
    ['GET', '/api/v1/things'],
    ['GET', '/apis/example.test/v1/things'],
    ['GET', '/apis/example.test/v9/widgets'],
    ['GET', '/api/v1/secrets/a'],
    ['POST', '/api/v1/secrets', secret('a')],
    ['PUT', SECRETS, secret('a')],
    ['POST', `${SECRETS}/a`, secret('a')],
    ['GET', SECRETS, undefined, { accept: 'text/html' }],
    ['POST', WIDGETS, widget('a'), { 'content-type': 'text/html' }],
  ],
  'writes as kubectl sends them': [
    ['POST', `/api/v1/namespaces?${CREATED}`, { metadata: { name: 'kubectl-like' } }],
    ['GET', '/api/v1/namespaces/kubectl-like'],
    ['GET', '/api/v1/namespaces/kubectl-like', undefined, TABLE],
    ['POST', `${CONFIG_MAPS}?${CREATED}`, { metadata: { name: 'c' }, data: { a: 'b' } }],
    ['GET', `${CONFIG_MAPS}/c`],
    ['GET', `${CONFIG_MAPS}?limit=500`, undefined, TABLE],
    ['DELETE', `${CONFIG_MAPS}/c`, { propagationPolicy: 'Background' }],
    ['POST', `${SECRETS}?${CREATED}`, secret('k', { labels: { k: 'yes' } })],
    ['POST', `${SECRETS}?${CREATED}`, { ...secret('k2'), extra: 1 }],
    ['GET', `${SECRETS}?labelSelector=k%3Dyes&limit=500`, undefined, TABLE],
    ['GET', `${SECRETS}?fieldSelector=metadata.name%3Dk&limit=500`, undefined, TABLE],
    ['PATCH', `${SECRETS}/k?${PATCHED}`, { metadata: { labels: { a: 'b' } } }, STRATEGIC],
    ['PATCH', `${SECRETS}/k?${APPLIED}`, { metadata: { labels: { a: null } } }, STRATEGIC],
    ['PATCH', `${SECRETS}/k?${APPLIED}`, { extra: 1 }, STRATEGIC],
    ['DELETE', `${SECRETS}?labelSelector=k`],
    ['DELETE', CONFIG_MAPS],
    ['DELETE', '/api/v1/namespaces'],
    ['POST', `${WIDGETS}?${CREATED}`, widget('k')],
    ['PATCH', `${WIDGETS}/k?${PATCHED}`, { metadata: { annotations: { a: 'b' } } }, MERGE],
    ['PATCH', `${WIDGETS}/k?${APPLIED}`, { spec: { size: 2 } }, MERGE],
    ['PATCH', `${WIDGETS}/k?${APPLIED}`, { spec: { extra: 1 } }, MERGE],
    ['PATCH', `${WIDGETS}/k?${APPLIED}`, [{ op: 'add', path: '/spec/extra', value: 1 }], JSON_PATCH],
    ['PUT', `${WIDGETS}/k?fieldValidation=Strict`, widget('k', { size: 1, extra: 1 })],
    ['PATCH', `${WIDGETS}/k?${APPLIED}&dryRun=All`, { spec: { size: 3 } }, MERGE],
    ['PATCH', `${WIDGETS}/k/status?${PATCHED}`, { status: { conditions: [{ type: 'Ready' }] } }, MERGE],
    ['PUT', `${WIDGETS}/k/status`, widget('k')],
    ['GET', `${WIDGETS}/k`, undefined, TABLE],
    ['DELETE', `${WIDGETS}/k`],
    ['POST', `${EVENTS}?${CREATED}`, { ...event, metadata: { name: 'k' } }],
    ['GET', `${EVENTS}?fieldSelector=${INVOLVED}&limit=500`],
    ['GET', `${EVENTS}?fieldSelector=${INVOLVED}&limit=500`, undefined, TABLE],
    ['PUT', `${EVENTS}/k`, { ...event, metadata: { name: 'k' }, count: 2 }],
  ],
  CRDs: [
    ['GET', `${CRDS}/widgets.example.test`],
    ['POST', CRDS, { ...widgetCrd(), metadata: { name: 'gadgets.example.test' } }],
    ['GET', '/apis/example.test'],
    ['GET', '/apis/example.test/v1'],
  ],
};
