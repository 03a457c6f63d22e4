import { describe, expect, test } from 'vitest';
import { AgentError, isAgentError } from '../../../../agent/errors/agent-error.ts';
import { describeFailure } from '../../../../agent/kube/api/describe-failure.ts';
import { isKubeError, KubeError } from '../../../../agent/kube/api/kube-error.ts';
import type { Attempt, KubeFailure } from '../../../../agent/kube/api/kube-failure.ts';
import { applicationType, compassConnectionType, secretType } from '../../../../agent/kube/api/resource-type.ts';

const get: Attempt = { verb: 'get', type: applicationType, name: 'one' };
const create: Attempt = { verb: 'create', type: secretType, namespace: 'kyma-system', name: 'one' };
const list: Attempt = { verb: 'list', type: secretType, namespace: 'kyma-system' };
const status: Attempt = {
  verb: 'update',
  type: compassConnectionType,
  name: 'compass-connection',
  subresource: 'status',
};
const server = 'https://api.example';

const words: [KubeFailure, string, string, string][] = [
  [
    { kind: 'unauthenticated', attempt: get, status: 401 },
    'PermissionMissing',
    'wait',
    "The API server does not accept the agent's credentials (401 on get of applications.applicationconnector.kyma-project.io one)",
  ],
  [
    { kind: 'forbidden', attempt: create, status: 403 },
    'PermissionMissing',
    'wait',
    'The agent may not create secrets "one" in namespace kyma-system',
  ],
  [
    { kind: 'forbidden', attempt: list, status: 403 },
    'PermissionMissing',
    'wait',
    'The agent may not list secrets in namespace kyma-system',
  ],
  [
    { kind: 'forbidden', attempt: status, status: 403 },
    'PermissionMissing',
    'wait',
    'The agent may not update compassconnections.compass.kyma-project.io/status "compass-connection"',
  ],
  [
    { kind: 'crd-missing', attempt: get },
    'CrdMissing',
    'wait',
    'The CustomResourceDefinition applications.applicationconnector.kyma-project.io is not installed',
  ],
  [
    { kind: 'not-found', attempt: get, status: 404 },
    'NotFound',
    'retry',
    'There is no applications.applicationconnector.kyma-project.io one',
  ],
  [
    { kind: 'not-found', attempt: create, status: 404, missingNamespace: 'kyma-system' },
    'NotFound',
    'retry',
    'There is no secrets kyma-system/one: namespace kyma-system does not exist',
  ],
  [
    { kind: 'already-exists', attempt: create, status: 409 },
    'AlreadyExists',
    'retry',
    'secrets kyma-system/one exists already',
  ],
  [
    { kind: 'conflict', attempt: status, status: 409 },
    'Conflict',
    'retry',
    'compassconnections.compass.kyma-project.io/status compass-connection was changed by somebody else at the same time',
  ],
  [
    { kind: 'expired', attempt: list, status: 410 },
    'Conflict',
    'retry',
    'The resource version of secrets kyma-system is no longer known',
  ],
  [
    { kind: 'rejected', attempt: create, status: 403, why: 'exceeded quota' },
    'Refused',
    'wait',
    'The API server refused to create secrets kyma-system/one (403): exceeded quota',
  ],
  [
    { kind: 'rejected', attempt: create, status: 422, why: '' },
    'Refused',
    'stall',
    'The API server refused to create secrets kyma-system/one (422)',
  ],
  [
    { kind: 'rejected', attempt: create, status: 422, why: 'data.a FieldValueInvalid' },
    'Refused',
    'stall',
    'The API server refused to create secrets kyma-system/one (422): data.a FieldValueInvalid',
  ],
  [
    { kind: 'rejected', attempt: create, status: 500, why: 'Internal error occurred: failed calling webhook "x"' },
    'Refused',
    'wait',
    'The API server refused to create secrets kyma-system/one (500): Internal error occurred: failed calling webhook "x"',
  ],
  [
    { kind: 'rejected', attempt: create, status: 500, why: 'etcdserver: request is too large' },
    'Refused',
    'stall',
    'The API server refused to create secrets kyma-system/one (500): etcdserver: request is too large',
  ],
  [
    { kind: 'server-failed', attempt: list, status: 503, why: 'it shuts down' },
    'ClusterUnreachable',
    'retry',
    'The API server failed to list secrets kyma-system (503): it shuts down',
  ],
  [
    { kind: 'busy', attempt: list, status: 429 },
    'ClusterUnreachable',
    'retry',
    'The API server is too busy (429 on list of secrets kyma-system)',
  ],
  [
    { kind: 'server-failed', attempt: list, status: 500, why: '' },
    'ClusterUnreachable',
    'retry',
    'The API server failed to list secrets kyma-system (500)',
  ],
  [
    { kind: 'unreachable', attempt: list, server, code: 'ECONNREFUSED' },
    'ClusterUnreachable',
    'retry',
    'The API server https://api.example cannot be reached: ECONNREFUSED',
  ],
  [
    { kind: 'silent', attempt: list, server },
    'ClusterUnreachable',
    'retry',
    'The API server https://api.example cannot be reached: silent connection',
  ],
  [
    { kind: 'unreadable', attempt: list },
    'ClusterUnreachable',
    'retry',
    "The API server's answer to list is not what Kubernetes sends",
  ],
  [
    { kind: 'malformed', object: 'Secret', where: ['metadata.name', 'data'] },
    'ClusterUnreachable',
    'retry',
    'The Secret that the API server sent has an unexpected form at metadata.name, data',
  ],
  [{ kind: 'unconfigured', problem: 'There is no file' }, 'ConfigurationInvalid', 'stall', 'There is no file'],
];

describe('a failure of the cluster', () => {
  test.each(words)('%o is told as %s, what comes next is to %s', (failure, reason, next, message) => {
    expect(describeFailure(failure)).toMatchObject({ reason, next, message });
  });

  test('has a clause for a message and whole sentences for a remedy', () => {
    const described = words.map(([failure]) => describeFailure(failure));
    expect(described.filter(({ message }) => message.endsWith('.'))).toEqual([]);
    const remedies = described.map(({ remedy }) => remedy).filter((remedy) => remedy !== undefined);
    expect(remedies.length).toBeGreaterThan(6);
    expect(remedies.filter((remedy) => !/^[A-Z].*\.$/.test(remedy))).toEqual([]);
  });

  test.each([
    [create, 'secrets in namespace kyma-system'],
    [status, 'compassconnections.compass.kyma-project.io/status'],
  ])('names the right that is missing to %o', (attempt, where) => {
    expect(describeFailure({ kind: 'forbidden', attempt }).remedy).toBe(
      `Grant the agent's service account the verb ${attempt.verb} on ${where}.`,
    );
  });

  test('on the way through a proxy names that, and sends to it', () => {
    const direct: KubeFailure = { kind: 'unreachable', attempt: list, server, code: 'ECONNREFUSED' };
    expect(describeFailure(direct).remedy).toBe(
      'Check that the API server runs and that network policies let the agent reach it.',
    );
    expect(describeFailure({ ...direct, proxy: 'proxy.example:3128' })).toMatchObject({
      message:
        'The API server https://api.example cannot be reached through the proxy proxy.example:3128: ECONNREFUSED',
      remedy: 'Check the proxy, or list the API server in NO_PROXY if it is to be reached without one.',
    });
  });

  test('of the kubeconfig is told as it was found, with where to mend it', () => {
    expect(describeFailure({ kind: 'no-credentials', problem: 'There is no user' })).toMatchObject({
      message: 'There is no user',
      next: 'retry',
      remedy: 'Correct the kubeconfig, or what it names; the agent reads it again by itself.',
    });
  });

  test('of a list of no namespace names the resource alone', () => {
    const everywhere: Attempt = { verb: 'list', type: secretType };
    expect(describeFailure({ kind: 'not-found', attempt: everywhere, status: 404 }).message).toBe(
      'There is no secrets',
    );
  });

  test('tells the log verb, resource and status, and the loop how long to wait', () => {
    const failure: KubeFailure = { kind: 'busy', attempt: create, status: 429, retryAfterMs: 3_000 };
    expect(describeFailure(failure)).toMatchObject({
      details: { verb: 'create', resource: 'secrets', status: 429 },
      retryAfterMs: 3_000,
    });
    const unasked = describeFailure({ kind: 'crd-missing', attempt: get });
    expect(unasked.details).toEqual({ verb: 'get', resource: 'applications.applicationconnector.kyma-project.io' });
    expect(unasked).not.toHaveProperty('retryAfterMs');
    expect(describeFailure({ kind: 'silent', attempt: list, server }).details).toEqual({
      verb: 'list',
      resource: 'secrets',
      code: 'silent connection',
    });
    expect(describeFailure({ kind: 'malformed', object: 'Secret', where: [] }).details).toEqual({ kind: 'Secret' });
  });
});

describe('an error of the cluster', () => {
  const error = new KubeError({ kind: 'conflict', attempt: create, status: 409 });

  test('is an AgentError to other rooms', () => {
    expect(error).toBeInstanceOf(AgentError);
    expect(isAgentError(error, 'Conflict')).toBe(true);
    expect(error).toMatchObject({ name: 'AgentError', next: 'retry', details: { status: 409 } });
  });

  test('is known by its kind inside the room', () => {
    expect(isKubeError(error, 'not-found', 'conflict')).toBe(true);
    expect(isKubeError(error, 'not-found')).toBe(false);
    expect(isKubeError(new AgentError('Conflict', 'another', { next: 'retry' }), 'conflict')).toBe(false);
    expect(isKubeError(undefined, 'conflict')).toBe(false);
  });
});
