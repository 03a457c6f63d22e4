import { describe, expect, test } from 'vitest';
import { describeToPerson } from '../../../../agent/kube/api/describe-to-person.ts';
import type { Attempt, KubeFailure } from '../../../../agent/kube/api/kube-failure.ts';
import { compassConnectionType, secretType } from '../../../../agent/kube/api/resource-type.ts';

const kubectl = "kubectl --context 'my one'";
const attempts: [Attempt, string, string][] = [
  [
    { verb: 'update', type: compassConnectionType, name: 'compass-connection' },
    'Your user may not update compassconnections.compass.kyma-project.io "compass-connection"',
    "kubectl --context 'my one' auth can-i update compassconnections.compass.kyma-project.io/compass-connection",
  ],
  [
    { verb: 'list', type: secretType, namespace: 'kyma-system' },
    'Your user may not list secrets in namespace kyma-system',
    "kubectl --context 'my one' auth can-i list secrets --namespace kyma-system",
  ],
  [
    { verb: 'create', type: secretType, namespace: 'kyma-system', name: 'one' },
    'Your user may not create secrets "one" in namespace kyma-system',
    "kubectl --context 'my one' auth can-i create secrets --namespace kyma-system",
  ],
  [
    { verb: 'update', type: compassConnectionType, name: 'one', subresource: 'status' },
    'Your user may not update compassconnections.compass.kyma-project.io/status "one"',
    "kubectl --context 'my one' auth can-i update compassconnections.compass.kyma-project.io/one --subresource=status",
  ],
];

describe('a right that lacks', () => {
  test.each(attempts)(
    'is told as one of the person, with the command that asks for it: %o',
    (attempt, message, ask) => {
      const told = describeToPerson({ kind: 'forbidden', attempt, status: 403 }, kubectl);
      expect(told).toMatchObject({ reason: 'PermissionMissing', message });
      expect(told.remedy?.endsWith(`tells whether you have it: ${ask}`)).toBe(true);
    },
  );
});

const [[attempt]] = [attempts[0] ?? expect.unreachable()];
const failures: KubeFailure[] = [
  { kind: 'forbidden', attempt, status: 403 },
  { kind: 'unauthenticated', attempt, status: 401 },
  { kind: 'unreachable', attempt, server: 'https://api.example', code: 'ECONNREFUSED' },
  { kind: 'silent', attempt, server: 'https://api.example' },
  { kind: 'no-credentials', problem: 'The exec plugin gone of the kubeconfig cannot be started (ENOENT)' },
  { kind: 'unconfigured', problem: 'There is no Kubernetes configuration' },
];

test.each(failures)('nobody is sent to the agent for what is wrong on their own side: %o', (failure) => {
  const { message, remedy } = describeToPerson(failure, kubectl);
  expect(`${message} ${remedy}`).not.toMatch(/agent|service account/i);
  expect(remedy).toMatch(/^[A-Z]/);
});

test('what is wrong on the side of the cluster is told as always', () => {
  expect(describeToPerson({ kind: 'crd-missing', attempt, status: 404 }, kubectl)).toMatchObject({
    reason: 'CrdMissing',
    message: 'The CustomResourceDefinition compassconnections.compass.kyma-project.io is not installed',
  });
});
