import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { KubeClient, Manifest } from '../../../agent/kube/api/kube-client.ts';
import { applicationType, secretType } from '../../../agent/kube/api/resource-type.ts';
import { type Cluster, startCluster } from '../../servers/cluster/start-cluster.ts';
import { toApplication } from './do-everything.ts';
import { openOther } from './open-cluster.ts';

/**
 * What stands between the agent and its write, in the words in which the real API server tells it. A quota, a policy and a
 * webhook act on for a while after they are deleted, so that each of them is made for the objects of its own test alone.
 */

const { signal } = new AbortController();
const namespace = 'kyma-system';
const admission = '/apis/admissionregistration.k8s.io/v1';
const password = 'hunter2-secret';

let cluster: Cluster;
let client: KubeClient;
const made: string[] = [];

beforeAll(async () => {
  cluster = await startCluster({ crds: 'ours' });
  client = openOther(cluster.kubeconfigFile);
});

afterEach(async () => {
  for (const url of made.splice(0).reverse()) await cluster.request('DELETE', url);
});

afterAll(async () => {
  client.close();
  await cluster.stop();
});

type NamedObject = Record<string, unknown> & { metadata: { name: string } };

async function make(collection: string, object: NamedObject): Promise<string> {
  const { status, body } = await cluster.request('POST', collection, object);
  expect(status, JSON.stringify(body)).toBe(201);
  const url = `${collection}/${object.metadata.name}`;
  made.push(url);
  return url;
}

function toSecret(name: string, value = password, within = namespace): Manifest & { data: Record<string, string> } {
  return { metadata: { name, namespace: within }, data: { password: Buffer.from(value).toString('base64') } };
}

async function failureOf(write: Promise<unknown>): Promise<{ reason: string; next: string; message: string }> {
  const error: unknown = await write.then(
    () => new Error('It was taken.'),
    (failure) => failure,
  );
  if (!(error instanceof Error && 'reason' in error && 'next' in error)) throw error;
  expect(error.message).not.toContain('hunter2');
  return { reason: String(error.reason), next: String(error.next), message: error.message };
}

const createSecret = (name: string, value?: string) =>
  failureOf(client.create(secretType, toSecret(name, value), signal));

describe('The words of the API server tell', () => {
  test('the quota that is used up', async () => {
    await make('/api/v1/namespaces', { metadata: { name: 'full' } });
    const quotas = '/api/v1/namespaces/full/resourcequotas';
    const metadata = { name: 'small' };
    const url = await make(quotas, { metadata, spec: { hard: { 'count/secrets': '0' } } });
    // No controller counts here.
    const status = { hard: { 'count/secrets': '0' }, used: { 'count/secrets': '0' } };
    await cluster.request('PATCH', `${url}/status`, { status }, 'application/merge-patch+json');
    await expect
      .poll(() => failureOf(client.create(secretType, toSecret('over', password, 'full'), signal)), { timeout: 20_000 })
      .toEqual({
        reason: 'Refused',
        next: 'wait',
        message:
          'The API server refused to create secrets full/over (403): secrets "over" is forbidden: exceeded quota: small, requested: count/secrets=1, used: count/secrets=0, limited: count/secrets=0',
      });
  });

  test('the policy that denies, whatever it quotes of the object', async () => {
    const rules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['secrets'] }];
    const validations = [
      {
        expression: "object.metadata.name != 'denied'",
        messageExpression: "'no Secret with ' + string(object.data.password)",
        reason: 'Invalid',
      },
    ];
    const spec = { failurePolicy: 'Fail', matchConstraints: { resourceRules: rules }, validations };
    await make(`${admission}/validatingadmissionpolicies`, { metadata: { name: 'none' }, spec });
    const binding = { policyName: 'none', validationActions: ['Deny'] };
    await make(`${admission}/validatingadmissionpolicybindings`, {
      metadata: { name: 'none' },
      spec: binding,
    });
    await expect
      .poll(() => createSecret('denied'), { timeout: 20_000 })
      .toEqual({
        reason: 'Refused',
        next: 'stall',
        message: expect.stringMatching(
          /^The API server refused to create secrets kyma-system\/denied \(422\): secrets "denied" is forbidden: ValidatingAdmissionPolicy 'none' with binding 'none' denied request: no Secret with \[cut\]/,
        ),
      });
  });

  test('the webhook that does not answer', async () => {
    const rules = [
      {
        apiGroups: ['applicationconnector.kyma-project.io'],
        apiVersions: ['*'],
        operations: ['*'],
        resources: ['applications'],
      },
    ];
    const webhook = {
      name: 'down.example.com',
      clientConfig: { url: 'https://127.0.0.1:1/check' },
      rules,
      matchConditions: [{ name: 'of-this-test', expression: "object.metadata.name == 'mp-down'" }],
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
    };
    await make(`${admission}/validatingwebhookconfigurations`, {
      metadata: { name: 'down' },
      webhooks: [webhook],
    });
    const create = () => failureOf(client.create(applicationType, toApplication('mp-down'), signal));
    await expect.poll(create, { timeout: 20_000 }).toEqual({
      reason: 'Refused',
      next: 'wait',
      message: expect.stringMatching(
        /^The API server refused to create applications.* mp-down \(500\): Internal error occurred: failed calling webhook "down.example.com": .*connection refused$/,
      ),
    });
  });

  test('the size that etcd takes', async () => {
    expect(await createSecret('large', `${password}${'x'.repeat(1_060_000)}`)).toMatchObject({ reason: 'Refused' });
    const application = toApplication('mp-large');
    const large = { ...application, spec: { ...application.spec, description: 'x'.repeat(1_600_000) } };
    expect(await failureOf(client.create(applicationType, large, signal))).toEqual({
      reason: 'Refused',
      next: 'stall',
      message: expect.stringMatching(/\(500\): etcdserver: request is too large$/),
    });
  });

  test('the field that nobody may change', async () => {
    const created = { ...toSecret('frozen'), immutable: true };
    await make(`/api/v1/namespaces/${namespace}/secrets`, created);
    const { message, ...failure } = await failureOf(client.update(secretType, toSecret('frozen', 'other'), signal));
    expect(failure).toEqual({ reason: 'Refused', next: 'stall' });
    expect(message).toContain('(422): Secret "frozen" is invalid: ');
    expect(message).toContain('data: Forbidden: field is immutable when `immutable` is set');
  });
});
