import { expect, test } from 'vitest';
import type { AuditEntry } from '../../servers/cluster/audit-log.ts';
import { toRequestShape, uncoveredShapes } from './request-shapes.ts';

function entry(verb: string, requestUri: string, object: Partial<AuditEntry> = {}): AuditEntry {
  return { user: 'a', verb, group: '', resource: '', code: 200, requestUri, userAgent: 'b', ...object };
}

const widgets = { group: 'example.test', resource: 'widgets' };

test.each([
  [entry('get', '/api/v1/namespaces/a/secrets/b', { resource: 'secrets' }), 'get secrets'],
  [entry('list', '/api/v1/secrets?limit=5&continue=x', { resource: 'secrets' }), 'list secrets continue limit'],
  [
    entry('patch', '/apis/example.test/v1/widgets/a/status', { ...widgets, subresource: 'status' }),
    'patch <custom>/status',
  ],
  [
    entry('watch', '/apis/example.test/v1/widgets?watch=true&fieldSelector=metadata.name%3Da,x!%3Db', widgets),
    'watch <custom> fieldSelector(metadata.name,x) watch',
  ],
  [
    entry('get', '/apis/coordination.k8s.io/v1/leases/a', { group: 'coordination.k8s.io', resource: 'leases' }),
    'get leases.coordination.k8s.io',
  ],
  [entry('get', '/apis/example.test/v1?timeout=32s'), 'get /apis/<group>/<version> timeout'],
  [entry('get', '/openapi/v3/apis/example.test/v1?hash=1'), 'get /openapi/v3/apis/<group>/<version> hash'],
  [entry('get', '/apis'), 'get /apis'],
  [entry('get', '/api/v1'), 'get /api/v1'],
])('A request is told by what it asks for, not by the object: %#', (request, shape) => {
  expect(toRequestShape(request)).toBe(shape);
});

test('A shape is covered by a request of the same verb, resource and parameters alone', () => {
  const list = (query: string) => entry('list', `/api/v1/secrets${query}`, { resource: 'secrets' });
  const clients = [list('?limit=1'), list('?limit=2'), list('?limit=1&continue=a'), list('')];
  const covered = new Set([list('?limit=500'), list('')].map(toRequestShape));
  expect(uncoveredShapes(clients, covered)).toEqual(['list secrets continue limit']);
});
