import { describe, expect, test } from 'vitest';
import {
  type ApplicationResource,
  applicationApiVersion,
  type SecretResource,
} from '../../../../agent/domain/resources.ts';
import { KubeError } from '../../../../agent/kube/api/kube-error.ts';
import { secretType } from '../../../../agent/kube/api/resource-type.ts';
import { createClusterReader } from '../../../../agent/kube/stores/cluster-reader.ts';
import { createFakeSource } from '../fake-source.ts';

const { signal } = new AbortController();

function application(name: string, secretNames: readonly string[], isOurs = true): ApplicationResource {
  const entries = secretNames.map((secretName) => ({
    type: 'API',
    name: 'api',
    credentials: { type: 'Basic', secretName },
    requestParametersSecretName: `params-${secretName}`,
  }));
  const service = { id: 'b', name: 'b', displayName: 'b', description: '', providerDisplayName: '', entries };
  const compassMetadata = { applicationId: name, authentication: { clientIds: [] } };
  const spec = { services: [service], ...(isOurs ? { compassMetadata } : {}) };
  return { apiVersion: applicationApiVersion, kind: 'Application', metadata: { name }, spec };
}

function secret(name: string, labels: Record<string, string> = { bundleId: 'b' }): SecretResource {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, labels } };
}

const attempt = { verb: 'list', type: secretType } as const;
const forbidden = () => new KubeError({ kind: 'forbidden', attempt });

/** Lists of Secrets fail as long as there is a failure, and are answered then. */
function start(applications: ApplicationResource[], secrets: SecretResource[], ...failures: KubeError[]) {
  const stored = createFakeSource(secrets);
  const list = async (waiting: AbortSignal) => {
    const found = await stored.list(waiting);
    const failure = failures.length > 1 ? failures.shift() : failures[0];
    if (failure !== undefined) throw failure;
    return found;
  };
  const sources = { applications: createFakeSource(applications), secrets: { ...stored, list } };
  return { ...sources, failures, reader: createClusterReader(sources) };
}

describe('the reader of the cluster', () => {
  test('lists Applications and Secrets where both may be listed', async () => {
    const { reader, secrets } = start([application('a', ['named'])], [secret('named'), secret('other')]);
    const snapshot = await reader.snapshot(signal);
    expect(snapshot).toEqual({
      applications: [application('a', ['named'])],
      secrets: [secret('named'), secret('other')],
    });
    expect(secrets.reads).toEqual(['list']);
  });

  test('reads each Secret that our Applications name, once, where Secrets may not be listed', async () => {
    const { reader, secrets } = start(
      [application('a', ['one', 'gone', '']), application('b', ['one']), application('theirs', ['theirs'], false)],
      [secret('one'), secret('params-one'), secret('unnamed'), secret('theirs')],
      forbidden(),
    );
    const { secrets: found } = await reader.snapshot(signal);
    expect(found.map(({ metadata }) => metadata.name)).toEqual(['one', 'params-one']);
    expect(secrets.reads).toEqual(['list', 'get one', 'get params-one', 'get gone', 'get params-gone', 'get params-']);
  });

  test('leaves out a named Secret without the label of a bundle: it is somebody else’s', async () => {
    const { reader } = start([application('a', ['one'])], [secret('one', { app: 'a' })], forbidden());
    expect((await reader.snapshot(signal)).secrets).toEqual([]);
  });

  test('reads none by its name after any other refusal of the list', async () => {
    const { reader, secrets } = start(
      [application('a', ['one'])],
      [secret('one')],
      new KubeError({ kind: 'unauthenticated', attempt }),
    );
    await expect(reader.snapshot(signal)).rejects.toMatchObject({ failure: { kind: 'unauthenticated' } });
    expect(secrets.reads).toEqual(['list']);
  });

  test('takes one refusal of what was permitted for an API server that starts, and the next for a missing right', async () => {
    const { reader, secrets, failures } = start([application('a', ['one'])], [secret('one')]);
    await reader.snapshot(signal);
    failures.push(new KubeError({ kind: 'unauthenticated', attempt }), forbidden());
    await expect(reader.snapshot(signal)).rejects.toMatchObject({ failure: { kind: 'unauthenticated' } });
    await expect(reader.snapshot(signal)).rejects.toMatchObject({ reason: 'PermissionMissing' });
    expect(secrets.reads).toEqual(['list', 'list', 'list']);
    expect((await reader.snapshot(signal)).secrets).toHaveLength(1);
    expect(secrets.reads.slice(3)).toEqual(['list', 'get one', 'get params-one']);
  });

  test('lists again as soon as that is permitted', async () => {
    const { reader, secrets, failures } = start([application('a', ['one'])], [secret('other')], forbidden());
    expect((await reader.snapshot(signal)).secrets).toEqual([]);
    failures.pop();
    expect((await reader.snapshot(signal)).secrets).toEqual([secret('other')]);
    expect(secrets.reads.at(-1)).toBe('list');
  });

  test('reads sixteen Secrets at a time, and none that waits its turn after one failed', async () => {
    const wanted = Array.from({ length: 40 }, (_, index) => `s${index}`);
    const { secrets, applications } = start([application('a', wanted)], [], forbidden());
    const release = Promise.withResolvers<void>();
    const get = async (name: string) => {
      secrets.reads.push(`get ${name}`);
      await release.promise;
      if (name === 's0') throw new Error('refused');
      return undefined;
    };
    const reader = createClusterReader({ applications, secrets: { ...secrets, get } });
    const reading = reader.snapshot(signal);
    await new Promise(setImmediate);
    expect(secrets.reads).toHaveLength(1 + 16);
    release.resolve();
    await expect(reading).rejects.toThrow('refused');
    const reads = secrets.reads.length;
    await new Promise(setImmediate);
    expect(secrets.reads).toHaveLength(reads);
    expect(reads).toBeLessThan(80);
  });
});
