import { expect, test } from 'vitest';
import { parseAuditLog } from './audit-log.ts';

function line(auditID: string, over: Record<string, unknown> = {}): string {
  return JSON.stringify({
    kind: 'Event',
    auditID,
    stage: 'ResponseComplete',
    requestURI: '/api/v1/namespaces/kyma-system/secrets/a',
    verb: 'get',
    user: { username: 'system:serviceaccount:kyma-system:compass-runtime-agent' },
    userAgent: 'agent',
    objectRef: { resource: 'secrets', namespace: 'kyma-system', name: 'a', apiVersion: 'v1' },
    responseStatus: { code: 200 },
    ...over,
  });
}

test('A request is told by user, verb, resource, namespace, name and status', () => {
  expect(parseAuditLog(`${line('1')}\n`)).toEqual([
    {
      user: 'system:serviceaccount:kyma-system:compass-runtime-agent',
      verb: 'get',
      group: '',
      resource: 'secrets',
      namespace: 'kyma-system',
      name: 'a',
      code: 200,
      requestUri: '/api/v1/namespaces/kyma-system/secrets/a',
      userAgent: 'agent',
    },
  ]);
});

test('Holders of the same user are told apart by their pod, or else by their token', () => {
  const username = 'system:serviceaccount:kyma-system:compass-runtime-agent';
  const token = { 'authentication.kubernetes.io/credential-id': ['JTI=1'] };
  const pod = { ...token, 'authentication.kubernetes.io/pod-name': ['agent-1'] };
  const log = [token, pod].map((extra, index) => line(String(index), { user: { username, extra } }));
  expect(parseAuditLog(`${log.join('\n')}\n`).map(({ client }) => client)).toEqual(['JTI=1', 'agent-1']);
});

test('A change and a deletion are told with the state that they are about', () => {
  const update = { verb: 'update', requestObject: { metadata: { name: 'a', uid: 'u', resourceVersion: '7' } } };
  const blind = { verb: 'update', requestObject: { metadata: { name: 'a' } } };
  const deletion = { verb: 'delete', requestObject: { kind: 'DeleteOptions', preconditions: { uid: 'u' } } };
  const log = `${[update, blind, deletion].map((over, index) => line(String(index), over)).join('\n')}\n`;
  expect(parseAuditLog(log).map(({ condition }) => condition)).toEqual([
    { uid: 'u', resourceVersion: '7' },
    {},
    { uid: 'u' },
  ]);
});

test('A watch that started and ended is one request', () => {
  const watch = { verb: 'watch' };
  const log = [line('1', { ...watch, stage: 'ResponseStarted' }), line('2'), line('1', watch), ''].join('\n');
  expect(parseAuditLog(log).map((entry) => entry.verb)).toEqual(['watch', 'get']);
});

test('A line that is still being written is left for the next read', () => {
  expect(parseAuditLog(`${line('1')}\n${line('2').slice(0, 40)}`)).toHaveLength(1);
});
