import path from 'node:path';
import { expect, test } from 'vitest';
import type { AuditEntry } from './audit-log.ts';
import { compareRights, parseGrantedRights, readGrantedRights } from './compare-rights.ts';

const role = `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: one, namespace: istio-system }
rules:
  - { apiGroups: [""], resources: [secrets], verbs: [create] }
  - { apiGroups: [""], resources: [secrets], resourceNames: [ca], verbs: [get, update] }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: one, namespace: istio-system }
subjects: []
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: one }
`;

function entry(over: Partial<AuditEntry>): AuditEntry {
  const place = { group: '', resource: 'secrets', namespace: 'istio-system', name: 'ca' };
  return { user: 'agent', verb: 'get', code: 200, requestUri: '', userAgent: '', ...place, ...over };
}

test('What was used and granted, each of it, leaves nothing to say', () => {
  const used = [entry({}), entry({ verb: 'update' }), entry({ verb: 'create', name: 'other' })];
  expect(compareRights(parseGrantedRights(role), used)).toEqual({ usedButNotGranted: [], grantedButNotUsed: [] });
});

test('A right that was never used is named', () => {
  expect(compareRights(parseGrantedRights(role), [entry({})]).grantedButNotUsed).toEqual([
    'create secrets in istio-system',
    'update secrets in istio-system named ca',
  ]);
});

test('A request for another name, namespace, verb or subresource is one that no right covers', () => {
  const used = [
    entry({ name: 'other' }),
    entry({ namespace: 'default' }),
    entry({ verb: 'delete' }),
    entry({ subresource: 'status' }),
  ];
  expect(compareRights(parseGrantedRights(role), used).usedButNotGranted).toEqual([
    'delete secrets in istio-system named ca',
    'get secrets in default named ca',
    'get secrets in istio-system named other',
    'get secrets/status in istio-system named ca',
  ]);
});

test('The roles of the manifests have no wildcard and no Secrets of the whole cluster', async () => {
  const granted = await readGrantedRights(path.join(import.meta.dirname, '../../../manifests/rbac'));
  expect(granted.length).toBeGreaterThan(15);
  expect(granted.filter((right) => [right.verb, right.resource, right.group].includes('*'))).toEqual([]);
  expect(granted.filter((right) => right.resource === 'secrets' && right.namespace === undefined)).toEqual([]);
});
